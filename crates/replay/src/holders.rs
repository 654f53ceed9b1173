//! People who come and leave: a founder who stays to the end, and others as chance has it.

use ballast_client::state::{Mandate, asset_class};
use ballast_client::{address, instruction};
use ballast_sandbox::{DeploymentError, Person, token};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use solana_pubkey::Pubkey;

use crate::keys::keypair;
use crate::setup::ReplaySetup;

/// Mean time between people who come, and between people who leave.
const COME_SECS: f64 = 12.0 * 3_600.0;
const LEAVE_SECS: f64 = 24.0 * 3_600.0;
/// Most people at a time, the founder included.
const MOST: usize = 12;

/// Somebody with a wallet and a position.
pub struct Holder {
    /// Who.
    pub person: Person,
    /// Their name in the report.
    pub name: String,
    /// Their position's address.
    pub position: Pubkey,
}

/// What somebody sets out to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Pay in.
    Deposit {
        /// Who, by number.
        who: usize,
        /// Atoms.
        atoms: u64,
    },
    /// Take out a part of what they have.
    Leave {
        /// Who, by number.
        who: usize,
        /// Part of their shares, bps.
        part_bps: u64,
    },
}

/// Everybody, and the chance that moves them.
pub struct Holders {
    holders: Vec<Holder>,
    rng: ChaCha8Rng,
    founder_atoms: u64,
    step_secs: i64,
}

impl Holders {
    /// Nobody yet. Others pay in a small part of `founder_atoms` each.
    pub fn new(seed: u64, founder_atoms: u64, step_secs: i64) -> Self {
        Self { holders: Vec::new(), rng: ChaCha8Rng::seed_from_u64(seed), founder_atoms, step_secs }
    }

    /// Everybody who was ever here.
    pub fn holders(&self) -> &[Holder] {
        &self.holders
    }

    /// The founder's deposit, at the start.
    pub fn found(&self) -> Intent {
        Intent::Deposit { who: 0, atoms: self.founder_atoms }
    }

    /// What people set out to do in a step.
    pub fn stir(&mut self) -> Vec<Intent> {
        let happens = |rng: &mut ChaCha8Rng, mean_secs: f64, step_secs: i64| {
            rng.random_bool(1.0 - (-step_secs as f64 / mean_secs).exp())
        };
        let mut intents = Vec::new();
        if happens(&mut self.rng, COME_SECS, self.step_secs) {
            let known = self.holders.len().max(1);
            // Somebody new while there is room, then those who are here again.
            let who = if known < MOST { known } else { self.rng.random_range(1..known) };
            let bps = self.rng.random_range(20..500u64);
            let atoms = (self.founder_atoms / 10_000).saturating_mul(bps).max(1);
            intents.push(Intent::Deposit { who, atoms });
        }
        if happens(&mut self.rng, LEAVE_SECS, self.step_secs) && self.holders.len() > 1 {
            let who = self.rng.random_range(1..self.holders.len());
            let part_bps = self.rng.random_range(2_500..=10_000);
            intents.push(Intent::Leave { who, part_bps });
        }
        intents
    }

    /// Makes sure that person `who` exists, and holds exactly `atoms` to pay in.
    pub fn prepare(
        &mut self,
        setup: &mut ReplaySetup,
        who: usize,
        atoms: u64,
    ) -> Result<(), DeploymentError> {
        while self.holders.len() <= who {
            let name = if self.holders.is_empty() {
                "founder".to_owned()
            } else {
                format!("depositor {}", self.holders.len())
            };
            let person = Person { key: keypair(&name) };
            let (owner, mandate) = (person.address(), mandate(setup));
            setup.deployment.world.give_lamports(&owner, 100_000_000_000)?;
            setup.deployment.send(&[instruction::set_profile(owner, mandate)], &[&person.key])?;
            let position = address::position(&setup.vault, &owner);
            self.holders.push(Holder { person, name, position });
        }
        if let Some(holder) = self.holders.get(who) {
            token::fund(&mut setup.deployment.world, &holder.person.address(), &setup.asset_mint, atoms)?;
        }
        Ok(())
    }
}

/// A mandate that suits any vault: suitability is another test's business.
fn mandate(setup: &ReplaySetup) -> Mandate {
    Mandate { asset_classes: asset_class::ALL, ..setup.deployment.open_mandate() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_decides_and_the_founder_stays() {
        let stir = |seed| {
            let mut holders = Holders::new(seed, 1_000_000, 3_600);
            (0..500).flat_map(|_| holders.stir()).collect::<Vec<_>>()
        };
        assert_eq!(stir(1), stir(1));
        assert_ne!(stir(1), stir(2));
        // About 40 in 500 hours at one in twelve.
        assert!((25..60).contains(&stir(1).len()), "{}", stir(1).len());
        for intent in stir(1) {
            let Intent::Deposit { who, atoms } = intent else { continue };
            assert!(who > 0 && (2_000..50_000).contains(&atoms));
        }
    }
}
