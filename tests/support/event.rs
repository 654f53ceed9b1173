//! Events that a transaction emitted, compared byte for byte.

use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::{AnchorDeserialize, Discriminator, Event};
use ballast_sandbox::Done;

/// Every event of type `E` that `done` emitted, in order.
pub fn emitted<E: Event + AnchorDeserialize + Discriminator>(done: &Done) -> Vec<E> {
    let body = |data: &[u8]| -> Option<E> {
        let mut body = data.strip_prefix(EVENT_IX_TAG_LE)?.strip_prefix(E::DISCRIMINATOR)?;
        E::deserialize(&mut body).ok()
    };
    done.inner.iter().filter_map(|data| body(data)).collect()
}

/// Asserts that `done` emitted exactly this event.
#[track_caller]
pub fn assert_emitted<E: Event>(done: &Done, event: &E) {
    let wanted = [EVENT_IX_TAG_LE, event.data().as_slice()].concat();
    assert!(done.inner.contains(&wanted), "event not emitted");
}

/// The one event of type `E` that `done` emitted.
#[track_caller]
pub fn the_event<E: Event + AnchorDeserialize + Discriminator>(done: &Done) -> E {
    let mut all = emitted::<E>(done);
    assert_eq!(all.len(), 1, "exactly one such event is expected");
    all.remove(0)
}
