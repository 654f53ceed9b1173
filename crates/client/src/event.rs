//! Events of the program: calls to itself, complete whatever the log limits.

use anchor_lang::{AnchorDeserialize, Discriminator};
pub use ballast::events::{Deposited, Withdrawn};

/// The events of one kind among the data of calls that the program got, in order.
///
/// Only the program can sign for its event authority, so a call with Anchor's tag that succeeded is its own.
pub fn events<E: AnchorDeserialize + Discriminator>(calls: &[Vec<u8>]) -> Vec<E> {
    let read = |call: &Vec<u8>| -> Option<E> {
        let body = call.strip_prefix(anchor_lang::event::EVENT_IX_TAG_LE)?;
        E::try_from_slice(body.strip_prefix(E::DISCRIMINATOR)?).ok()
    };
    calls.iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use anchor_lang::Event;

    use super::*;
    use crate::address;

    #[test]
    fn events_are_told_apart_and_other_calls_passed_over() {
        let event = Deposited {
            vault: address::PROGRAM,
            owner: address::TOKEN,
            atoms: 5,
            shares: 5_000,
            gross_high: 9,
            slot: 1,
        };
        let call = [anchor_lang::event::EVENT_IX_TAG_LE, &event.data()].concat();
        let calls = [vec![1, 2, 3], call.clone(), call[..call.len() - 1].to_vec()];
        let found: Vec<Deposited> = events(&calls);
        assert_eq!(found.iter().map(|event| (event.atoms, event.shares)).collect::<Vec<_>>(), [(5, 5_000)]);
        assert!(events::<Withdrawn>(&calls).is_empty());
    }
}
