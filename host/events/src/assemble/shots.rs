//! The best crop of a track, and the one frame that is kept for it.

use ovr_domain::event::Vehicle;
use ovr_domain::{BBox, CapturedAt, CropQuality, Digest, Frame, Quad, Timestamp};

/// Group of the crops that were not read.
pub(super) const UNREAD: u32 = 0;

/// A crop must be this much better than the one that was reported to be worth new pictures.
const WORTH_NEW_PICTURES: f32 = 1.2;

/// The best crop of one group of reads.
#[derive(Debug, Clone)]
pub(super) struct Shot {
    /// The group of reads, or [`UNREAD`].
    pub(super) group: u32,
    /// How good it is; comparable within a group.
    pub(super) score: f32,
    pub(super) quad: Option<Quad>,
    pub(super) width_px: Option<f32>,
    pub(super) quality: Option<CropQuality>,
    pub(super) captured_at: CapturedAt,
    pub(super) received_at: Timestamp,
    pub(super) vehicle: Option<(Vehicle, BBox)>,
    pub(super) reader: Option<Digest>,
    /// The frame, until it is handed out. At most one shot of a track holds one.
    pub(super) frame: Option<Frame>,
    /// Whether an event was made with it.
    pub(super) reported: bool,
}

/// The best crops of one track, one a group.
#[derive(Debug, Clone, Default)]
pub(super) struct Shots(Vec<Shot>);

impl Shots {
    /// Offers a crop; `outranks` says whether the group of the new crop goes before another group for the one frame.
    pub(super) fn offer(&mut self, mut shot: Shot, frame: &Frame, outranks: impl Fn(u32) -> bool) {
        let known = self.0.iter().find(|s| s.group == shot.group);
        let reported = known.is_some_and(|s| s.reported);
        let hurdle =
            known.map_or(f32::NEG_INFINITY, |s| s.score * if reported { WORTH_NEW_PICTURES } else { 1.0 });
        let holder = self.0.iter_mut().find(|s| s.frame.is_some() && s.group != shot.group);
        let may_hold = holder.as_ref().is_none_or(|s| outranks(s.group));
        // Box and quality of a reported event belong to its pictures, so they change only together with them.
        if shot.score <= hurdle || (reported && !may_hold) {
            return;
        }
        if may_hold {
            if let Some(holder) = holder {
                holder.frame = None;
            }
            shot.frame = Some(frame.clone());
        }
        shot.reported = reported;
        self.0.retain(|s| s.group != shot.group);
        self.0.push(shot);
    }

    /// The shot of a group.
    pub(super) fn of(&self, group: u32) -> Option<&Shot> {
        self.0.iter().find(|s| s.group == group)
    }

    /// The best shot of any group that was read, or else of what was not.
    pub(super) fn best(&self) -> Option<&Shot> {
        let read = self.0.iter().filter(|s| s.group != UNREAD);
        read.max_by(|a, b| a.score.total_cmp(&b.score)).or(self.0.first())
    }

    /// Hands the group's frame out and remembers that an event was made with it.
    pub(super) fn report(&mut self, group: u32) -> Option<Frame> {
        let shot = self.0.iter_mut().find(|s| s.group == group)?;
        shot.reported = true;
        shot.frame.take()
    }

    /// Gives the shots of groups that are no more to `heir`.
    pub(super) fn inherit(&mut self, heir: u32, exists: impl Fn(u32) -> bool) {
        let (kept, orphans): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.0).into_iter().partition(|s| s.group == UNREAD || exists(s.group));
        self.0 = kept;
        for mut orphan in orphans {
            orphan.group = heir;
            let frame = orphan.frame.take();
            let known = self.of(heir);
            let better = known.is_none_or(|s| !s.reported && s.score < orphan.score);
            if better && frame.is_some() {
                self.0.retain(|s| s.group != heir);
                orphan.frame = frame;
                self.0.push(orphan);
            }
        }
    }
}
