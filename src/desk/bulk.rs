//! One change to many tickets, part by part.

use super::act::Gesture;
use super::{Desk, DeskResult};
use crate::domain::event::Change;
use crate::protocol::answer::BatchDone;
use crate::protocol::job::{Act, Batch};

impl Desk {
    /// Does one thing to a part of many tickets. A ticket that fails is reported and does
    /// not stop the others; all parts are one gesture, and taken back together.
    ///
    /// # Errors
    /// What is to be done is nothing that can be done to any ticket, or a file cannot be written.
    pub fn act_each(&mut self, batch: &Batch) -> DeskResult<BatchDone> {
        self.check_act(&batch.act)?;
        let mut done = BatchDone { first: batch.first, ..BatchDone::default() };
        if let Act::Apply(event) = batch.act {
            return self.apply_each(batch, event);
        }
        let mut gesture = Gesture::default();
        for key in &batch.tickets {
            let before = gesture.events.len();
            match self.add_to(&mut gesture, key, &batch.act) {
                Ok(()) if gesture.events.len() == before => done.unchanged += 1,
                Ok(()) => done.changed += 1,
                Err(error) => done.failed.push((key.clone(), error.to_string())),
            }
        }
        // Two of the tickets may be one by now, and a link twice is one link.
        gesture.events.dedup_by(|one, other| matches!(one.change, Change::Link { .. } | Change::Merge { .. }) && one.change == other.change);
        let events = self.store.append_to_gesture(&self.author(), gesture.events, batch.first)?;
        done.first = done.first.or(events.first().copied());
        self.ring();
        Ok(done)
    }
}
