//! What people do in a replay: pay in, leave, collect fees. Refusals are counted, never worked around.

use ballast_client::instruction;
use ballast_client::state::StalePolicy;
use ballast_engine::market::MarketStep;
use ballast_math::shares::to_assets_down;
use ballast_sandbox::{Chain, DeploymentError, Person, token};
use solana_signer::Signer;

use crate::exit::{Left, leave};
use crate::holders::{Holder, Intent};
use crate::keys::keypair;
use crate::refusal::{Outcome, outcome};
use crate::run::Replay;
use crate::venues::arbitrage;

/// Most rounds in which everybody leaves: a pool that holds half of a usual vault needs a handful.
const ROUNDS: usize = 100;
/// How often fees are claimed.
const CLAIM_SECS: i64 = 86_400;

impl Replay {
    /// What people set out to do in `step`: the founder first, then whoever chance moves.
    pub(crate) fn people(&mut self, step: &MarketStep) -> Result<(), DeploymentError> {
        let intents = if step.index == 0 { vec![self.holders.found()] } else { self.holders.stir() };
        for intent in intents {
            match intent {
                Intent::Deposit { who, atoms } => self.deposit(who, atoms, step.ts)?,
                Intent::Leave { who, part_bps } => {
                    self.leave_with(who, part_bps, step.ts)?;
                }
            }
        }
        Ok(())
    }

    fn deposit(&mut self, who: usize, atoms: u64, ts: i64) -> Result<(), DeploymentError> {
        self.holders.prepare(&mut self.setup, who, atoms)?;
        let Some(holder) = self.holders.holders().get(who) else { return Ok(()) };
        let vault = self.setup.deployment.vault(&self.setup.vault)?;
        let deposit = instruction::deposit(holder.person.address(), self.setup.vault, &vault, atoms, 1);
        match outcome(self.setup.deployment.send(&[deposit], &[&holder.person.key]))? {
            Outcome::Done(done) => {
                self.recorder.compute("deposit", done.compute_units);
                self.recorder.deposited(ts, atoms, &holder.name);
            }
            Outcome::Refused(limit) => self.recorder.refused(ts, "deposit", &limit),
        }
        Ok(())
    }

    /// Returns the atoms paid out.
    fn leave_with(&mut self, who: usize, part_bps: u64, ts: i64) -> Result<u64, DeploymentError> {
        let Some(holder) = self.holders.holders().get(who) else { return Ok(0) };
        let held = shares(&self.setup, holder)?;
        let part = ballast_math::mul_div::bps_floor(held, part_bps).unwrap_or(held);
        if part == 0 {
            return Ok(0);
        }
        let left = leave(&mut self.setup, holder, part)?;
        let name = holder.name.clone();
        self.note_exit(&left, &name, ts);
        Ok(left.atoms)
    }

    fn note_exit(&mut self, left: &Left, name: &str, ts: i64) {
        for (instruction, units) in &left.compute {
            self.recorder.compute(instruction, *units);
        }
        for (instruction, limit) in &left.refused {
            self.recorder.refused(ts, instruction, limit);
        }
        if left.atoms > 0 {
            self.recorder.withdrawn(ts, left.atoms, name);
        }
    }

    /// Claims fees once a day, so that the share price carries them, and counts what accrued.
    pub(crate) fn collect_fees(&mut self, ts: i64) -> Result<(), DeploymentError> {
        if ts.saturating_sub(self.fees_claimed_ts) >= CLAIM_SECS {
            self.claim_fees(ts)?;
        }
        self.count_fees(ts)
    }

    fn claim_fees(&mut self, ts: i64) -> Result<(), DeploymentError> {
        let vault = self.vault()?;
        let payer = self.setup.deployment.world.payer.pubkey();
        let claim = instruction::claim_fees(payer, self.setup.vault, &vault);
        match outcome(self.setup.deployment.send(&[claim], &[]))? {
            Outcome::Done(done) => {
                self.recorder.compute("claim_fees", done.compute_units);
                self.fees_claimed_ts = ts;
            }
            // A flat day accrues nothing; a stale one is tried again in the next step.
            Outcome::Refused(limit) if limit == "NothingToClaim" => self.fees_claimed_ts = ts,
            Outcome::Refused(limit) => self.recorder.refused(ts, "claim_fees", &limit),
        }
        Ok(())
    }

    /// Books fee shares that appeared since the last time at the present share price.
    fn count_fees(&mut self, ts: i64) -> Result<(), DeploymentError> {
        let vault = self.vault()?;
        let claimed = match self.setup.deployment.world.account(&self.fee_position)? {
            Some(account) => ballast_client::decode_position(&account.data)?.shares,
            None => 0,
        };
        let shares = claimed.saturating_add(vault.fee_shares);
        let new = shares.saturating_sub(self.fee_shares_seen);
        self.fee_shares_seen = shares;
        let slot = self.setup.deployment.world.clock().slot;
        if let (true, Ok(nav)) = (new > 0, vault.nav(slot, ts, StalePolicy::Reject)) {
            self.recorder.fees(to_assets_down(new, nav.low, vault.total_shares).unwrap_or(0));
        }
        Ok(())
    }

    /// Everybody takes out everything, the fee recipient last. A pool is left in parts, for which arbitrage
    /// brings its price back. What nobody can pay stays, and is reported.
    pub(crate) fn everybody_leaves(&mut self, step: &MarketStep) -> Result<(), DeploymentError> {
        let key = keypair("fees");
        token::fund(&mut self.setup.deployment.world, &key.pubkey(), &self.setup.asset_mint, 0)?;
        let recipient =
            Holder { person: Person { key }, name: "fee recipient".into(), position: self.fee_position };
        self.claim_fees(step.ts)?;
        self.count_fees(step.ts)?;
        for _ in 0..ROUNDS {
            let mut paid = 0;
            for who in 0..self.holders.holders().len() {
                paid |= self.leave_with(who, 10_000, step.ts)?;
                arbitrage(&mut self.setup, step)?;
            }
            let held = shares(&self.setup, &recipient)?;
            if held > 0 {
                let left = leave(&mut self.setup, &recipient, held)?;
                self.note_exit(&left, &recipient.name, step.ts);
                paid |= left.atoms;
            }
            if paid == 0 {
                break;
            }
            self.setup.deployment.world.next_slot();
            arbitrage(&mut self.setup, step)?;
        }
        self.count_remaining(&recipient)
    }

    /// Values what is still in after everybody tried to leave.
    fn count_remaining(&mut self, recipient: &Holder) -> Result<(), DeploymentError> {
        let vault = self.vault()?;
        let clock = self.setup.deployment.world.clock();
        let mut stuck = shares(&self.setup, recipient)?;
        for holder in self.holders.holders() {
            stuck = stuck.saturating_add(shares(&self.setup, holder)?);
        }
        let nav = vault
            .nav(clock.slot, clock.unix_timestamp, StalePolicy::Reject)
            .or_else(|_| vault.nav(clock.slot, clock.unix_timestamp, StalePolicy::CountAsZero));
        let worth = nav.ok().and_then(|nav| to_assets_down(stuck, nav.low, vault.total_shares));
        self.recorder.remaining(worth.unwrap_or(0));
        Ok(())
    }
}

/// Shares that `holder` has; zero before their first deposit.
fn shares(setup: &crate::setup::ReplaySetup, holder: &Holder) -> Result<u64, DeploymentError> {
    match setup.deployment.world.account(&holder.position)? {
        Some(account) => Ok(ballast_client::decode_position(&account.data)?.shares),
        None => Ok(0),
    }
}
