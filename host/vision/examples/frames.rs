#![allow(clippy::all, clippy::pedantic, clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, reason="scratch")]
use ovr_domain::*;
use ovr_domain::port::Detector as _;
use ovr_domain::time::*;
use ovr_vision::find::*; use ovr_vision::read::*; use ovr_vision::infer::*;
fn main(){
    let rt=Runtime::load(&library_file().unwrap()).unwrap();
    let o=Options::cpu(1);
    let mut f=TextFinder::new(Box::new(rt.open(&model_file("PP-OCRv6_det_small.onnx").unwrap(),&o).unwrap()),TextFinderConfig::default()).unwrap();
    let mut r=PlateReader::new(Box::new(rt.open(&model_file("PP-OCRv6_rec_small.onnx").unwrap(),&o).unwrap())).unwrap();
    let c=SystemClock::start();
    if std::env::var("STILL").is_ok(){
        let mut s=StillReader::new(f,r);
        for p in std::env::args().skip(1){
            let i=image::open(&p).unwrap().to_rgb8(); let (width,height)=i.dimensions();
            let im=RgbImage{width,height,data:i.into_raw()};
            let t=c.monotonic();
            let x=if std::env::var("CROP").is_ok(){s.read_crop(&im)}else{s.read_still(&im)}.unwrap();
            print!("{} {}ms",p,(c.monotonic()-t).as_millis());
            for x in x { print!(" [{} {:.2} @{:.0},{:.0} {:.0}x{:.0} {:?}]",x.text,x.confidence,x.quad.bounds().centre().x,x.quad.bounds().centre().y,x.quad.width(),x.quad.height(),x.char_confidences.iter().map(|v|(v*100.0) as i32).collect::<Vec<_>>()); }
            println!();
        }
        return;
    }
    for p in std::env::args().skip(1){
        let i=image::open(&p).unwrap().to_rgb8(); let (width,height)=i.dimensions();
        let pic=Picture::from_rgb(RgbImage{width,height,data:i.into_raw()}).unwrap();
        let fr=Frame{camera:CameraId::new("a").unwrap(),sequence:0,captured_at:CapturedAt{at:Timestamp::from_micros(0),synchronised:false},received_at:Timestamp::from_micros(0),presented_at:Default::default(),picture:pic};
        let t=c.monotonic(); let d=f.detect(&fr.picture).unwrap(); let t1=c.monotonic();
        let q:Vec<Quad>=d.iter().map(|d|d.quad.unwrap()).collect();
        let reads=r.read(&fr,&q).unwrap(); let t2=c.monotonic();
        print!("{} {}ms {}ms n={}",p,(t1-t).as_millis(),(t2-t1).as_millis(),q.len());
        for (x,d) in reads.iter().zip(&d){ if let Some(x)=x { if x.plate_likeness>0.15 { print!(" [{} like {:.2} conf {:.2} det {:.2} sharp {:.0} @{:.0},{:.0} {:.0}x{:.0}]",x.text(),x.plate_likeness,x.confidence(),d.confidence,x.quality.sharpness,d.bbox.centre().x,d.bbox.centre().y,x.quad.width(),x.quad.height()); } } }
        println!();
    }
}
