#[test]
fn dump() {
    let t0 = std::time::Instant::now();
    let mut scene = ovr_testkit::Scene::new(1).unwrap();
    println!("setup {:?}", t0.elapsed());
    for p in &scene.truth().passes {
        println!(
            "{} {} readable {} repeats {:?} frames {:?} n {} w {}..{}",
            p.plate,
            p.layout,
            p.readable,
            p.repeats,
            p.frames(),
            p.seen.len(),
            p.seen.first().map_or(0.0, |s| s.quad.width()),
            p.width_px_max()
        );
    }
    let t0 = std::time::Instant::now();
    let mut n = 0;
    let mut spent = std::time::Duration::ZERO;
    loop {
        let t1 = std::time::Instant::now();
        let Some(f) = scene.next() else { break };
        spent += t1.elapsed();
        let f = f.unwrap();
        n += 1;
        if f.index % 12 == 0 && std::env::var_os("DUMP").is_some() {
            let (rgb, _) = f.picture.rgb(f.picture.bounds());
            image::RgbImage::from_raw(rgb.width, rgb.height, rgb.data)
                .unwrap()
                .save(format!("/tmp/scene/{:03}.png", f.index))
                .unwrap();
        }
    }
    println!("{n} frames, {:?} rendering, {:?}", spent, t0.elapsed());
}
