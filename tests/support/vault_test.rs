//! One vault, one depositor called Ann, and what the tests do to them.

use ballast::state::{Allocation, Nav, StalePolicy, Vault, VaultLimits};
use ballast::{BallastError, Direction};
use ballast_client::instruction::{self, Exit};
use ballast_client::{VenueAccounts, address};
use ballast_sandbox::oracle::Quote;
use ballast_sandbox::{Deployment, Done, Fixture, FixtureSpec, Person, token};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::bytecode::programs;
use crate::unchanged::{assert_code, assert_refused, needed};

/// Atoms of a dollar.
pub const USDC: u64 = 1_000_000;
/// Atoms of a SOL.
pub const SOL: u64 = 1_000_000_000;
/// Dollars for a SOL deployed, times 1e8.
pub const SOL_PRICE_E8: i64 = 15_000_000_000;
/// What Ann puts into [`VaultTest::invested`].
pub const INVESTED: u64 = 100_000 * USDC;
/// Slot of the pool in a USDC vault; before it are two reserves.
pub const POOL: u8 = 2;

/// A fixture with one vault in the middle.
pub struct VaultTest {
    /// Everything that is deployed.
    pub fixture: Fixture,
    /// The vault.
    pub vault: Pubkey,
    /// Its asset.
    pub asset: Pubkey,
    /// The depositor, who accepts every risk.
    pub ann: Person,
}

/// What can be wrong with a price without its being another price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPrice {
    /// Older than the guard allows.
    Stale,
    /// Published before one that was seen.
    Backwards,
    /// Confidence interval too wide.
    Wide,
    /// Far from its average.
    Divergent,
    /// The pool's own price is far from it.
    SpotAway,
}

impl BadPrice {
    /// Each with the rule that it breaks.
    pub const ALL: [(Self, BallastError); 5] = [
        (Self::Stale, BallastError::OracleStale),
        (Self::Backwards, BallastError::OraclePublishTimeBackwards),
        (Self::Wide, BallastError::OracleWide),
        (Self::Divergent, BallastError::OracleDivergent),
        (Self::SpotAway, BallastError::SpotDiverges),
    ];
}

impl VaultTest {
    /// A Growth vault of USDC with two reserves and a pool, empty but for its seed; Ann has `atoms`.
    pub fn usdc(atoms: u64) -> Self {
        let spec = FixtureSpec { stake_pool: false, ..FixtureSpec::default() };
        let fixture = Fixture::build(programs(), 1_700_000_000, spec).expect("the fixture can be set");
        let (vault, asset) = (fixture.usdc_vault, fixture.usdc);
        Self::with(fixture, vault, asset, atoms)
    }

    /// A Growth vault of SOL with a stake pool in slot 0; Ann has `atoms` of wrapped SOL.
    pub fn sol(atoms: u64) -> Self {
        let spec = FixtureSpec { reserves: 0, pool: false, stake_pool: true };
        let fixture = Fixture::build(programs(), 1_700_000_000, spec).expect("the fixture can be set");
        let vault = fixture.sol_vault;
        Self::with(fixture, vault, address::WRAPPED_SOL, atoms)
    }

    fn with(mut fixture: Fixture, vault: Pubkey, asset: Pubkey, atoms: u64) -> Self {
        let mandate = fixture.deployment.open_mandate();
        let ann = fixture.deployment.person(&asset, atoms, mandate).expect("Ann can state her mandate");
        Self { fixture, vault, asset, ann }
    }

    /// The USDC vault after Ann's deposit of `atoms`, which has been there long enough to count.
    pub fn deposited(atoms: u64) -> Self {
        let mut test = Self::usdc(atoms);
        test.deposit(atoms);
        test.settle();
        test
    }

    /// The USDC vault with Ann's 100,000 dollars in it and half, a fifth and a fifth of them at work.
    pub fn invested() -> Self {
        let mut test = Self::deposited(INVESTED);
        test.decide([5_000, 2_000, 2_000, 0, 0, 0, 0, 0]);
        for (index, dollars) in [(0, 49_900), (1, 19_900), (POOL, 19_900)] {
            test.increase(index, dollars * USDC);
        }
        test
    }

    /// The SOL vault with 1,000 SOL of Ann's in it, 890 of them staked.
    pub fn staked() -> Self {
        let mut test = Self::sol(1_000 * SOL);
        test.deposit(1_000 * SOL);
        test.settle();
        test.decide([9_000, 0, 0, 0, 0, 0, 0, 0]);
        test.increase(0, 890 * SOL);
        test
    }

    /// The deployment.
    pub fn deployment(&mut self) -> &mut Deployment {
        &mut self.fixture.deployment
    }

    /// Another depositor like Ann, with `atoms`.
    pub fn another(&mut self, atoms: u64) -> Person {
        let mandate = self.fixture.deployment.open_mandate();
        self.fixture.deployment.person(&self.asset, atoms, mandate).expect("a mandate can be stated")
    }

    /// The vault's state.
    pub fn state(&self) -> Vault {
        self.fixture.deployment.vault(&self.vault).expect("the vault exists")
    }

    /// Slot `index` of the vault.
    pub fn slot(&self, index: u8) -> Allocation {
        self.fixture.deployment.allocation(&self.vault, index).expect("the slot exists")
    }

    /// Net assets now, everything fresh.
    pub fn nav(&self) -> Nav {
        let clock = self.fixture.deployment.world.clock();
        self.state().nav(clock.slot, clock.unix_timestamp, StalePolicy::Reject).expect("all slots are fresh")
    }

    /// Ann's shares; zero before her first deposit.
    pub fn shares(&self) -> u64 {
        self.shares_of(&self.ann)
    }

    /// Shares of `person`.
    pub fn shares_of(&self, person: &Person) -> u64 {
        self.fixture.deployment.position(&self.vault, &person.address()).map_or(0, |position| position.shares)
    }

    /// Ann's wallet, atoms.
    pub fn wallet(&self) -> u64 {
        self.wallet_of(&self.ann)
    }

    /// Wallet of `person`, atoms.
    pub fn wallet_of(&self, person: &Person) -> u64 {
        self.fixture.balance(&person.address(), &self.asset).expect("the wallet can be read")
    }

    /// Ann's token account.
    pub fn wallet_key(&self) -> Pubkey {
        address::token_account(&self.ann.address(), &self.asset, &address::TOKEN)
    }

    /// What the idle account holds, donations included.
    pub fn idle_balance(&self) -> u64 {
        self.token_balance(&self.state().idle_account)
    }

    /// Balance of any token account.
    pub fn token_balance(&self, key: &Pubkey) -> u64 {
        token::balance(&self.fixture.deployment.world, key).expect("a token account can be read")
    }

    /// Sends `atoms` to a token account, as anyone may.
    pub fn donate(&mut self, key: &Pubkey, atoms: u64) {
        let balance = self.token_balance(key);
        token::set_balance(&mut self.fixture.deployment.world, key, balance + atoms).expect("donation");
    }

    /// Venue accounts of slot `index`.
    pub fn venue(&self, index: u8) -> VenueAccounts {
        self.fixture.deployment.venue(&self.vault, index).expect("the slot's venue is known")
    }

    /// `last` after a refresh of every slot.
    pub fn fresh(&self, last: Instruction) -> Vec<Instruction> {
        let mut all = self.fixture.deployment.refresh_all(&self.vault).expect("every slot can be refreshed");
        all.push(last);
        all
    }

    /// `refresh_allocation` of slot `index`.
    pub fn refresh_ix(&self, index: u8) -> Instruction {
        self.fixture.deployment.refresh(&self.vault, index).expect("the slot can be refreshed")
    }

    /// `deposit` by Ann.
    pub fn deposit_ix(&self, atoms: u64, min_shares_out: u64) -> Instruction {
        instruction::deposit(self.ann.address(), self.vault, &self.state(), atoms, min_shares_out)
    }

    /// `withdraw` by Ann.
    pub fn withdraw_ix(&self, shares: u64, min_assets_out: u64, accept_stale: bool) -> Instruction {
        let state = self.state();
        instruction::withdraw(self.ann.address(), self.vault, &state, shares, min_assets_out, accept_stale)
    }

    /// `withdraw_from` by Ann.
    pub fn exit_ix(&self, exit: Exit) -> Instruction {
        let (slot, venue) = (self.slot(exit.index), self.venue(exit.index));
        instruction::withdraw_from(self.ann.address(), self.vault, &self.state(), &slot, &venue, exit)
    }

    /// `allocate` by the world's payer.
    pub fn allocate_ix(&self, index: u8, direction: Direction, amount: u64) -> Instruction {
        use solana_signer::Signer;
        let payer = self.fixture.deployment.world.payer.pubkey();
        let venue = self.venue(index);
        instruction::allocate(
            payer,
            self.vault,
            &self.state(),
            instruction::Move { index, direction, amount, as_guardian: false },
            &venue,
        )
        .expect("the slot exists")
    }

    /// `rebalance` by the keeper under the approved model.
    pub fn rebalance_ix(&self, targets_bps: [u16; 8]) -> Instruction {
        use solana_signer::Signer;
        let deployment = &self.fixture.deployment;
        let keeper = deployment.keeper.pubkey();
        instruction::rebalance(keeper, self.vault, &self.state(), deployment.model, targets_bps, [9; 32])
    }

    /// Refreshes everything and deposits for Ann.
    pub fn deposit(&mut self, atoms: u64) -> Done {
        let all = self.fresh(self.deposit_ix(atoms, 0));
        self.send(&all)
    }

    /// Refreshes everything and withdraws from idle for Ann.
    pub fn withdraw(&mut self, shares: u64) -> Done {
        let all = self.fresh(self.withdraw_ix(shares, 0, false));
        self.send(&all)
    }

    /// Refreshes everything and unwinds a slot for Ann.
    pub fn exit(&mut self, exit: Exit) -> Done {
        let all = self.fresh(self.exit_ix(exit));
        self.send(&all)
    }

    /// Refreshes everything and records a decision.
    #[track_caller]
    pub fn decide(&mut self, targets_bps: [u16; 8]) -> Done {
        let vault = self.vault;
        self.deployment().rebalance(&vault, targets_bps).expect("the decision is inside every limit")
    }

    /// Refreshes everything and moves `atoms` into slot `index`.
    #[track_caller]
    pub fn increase(&mut self, index: u8, atoms: u64) -> Done {
        let all = self.fresh(self.allocate_ix(index, Direction::Increase, atoms));
        self.send(&all)
    }

    /// Refreshes everything and takes `receipts` out of slot `index`.
    #[track_caller]
    pub fn decrease(&mut self, index: u8, receipts: u64) -> Done {
        let all = self.fresh(self.allocate_ix(index, Direction::Decrease, receipts));
        self.send(&all)
    }

    /// Sends `instructions`, signed by Ann where they ask for it; they must go through.
    #[track_caller]
    pub fn send(&mut self, instructions: &[Instruction]) -> Done {
        match self.fixture.deployment.world.send(instructions, &needed(instructions, &[&self.ann.key])) {
            Ok(done) => done,
            Err(failed) => panic!("{failed}\n{}", failed.logs.join("\n")),
        }
    }

    /// Sends `instructions` signed by Ann, which must break `rule` and change nothing.
    #[track_caller]
    pub fn refused(&mut self, instructions: &[Instruction], rule: BallastError) {
        assert_refused(&mut self.fixture.deployment, instructions, &[&self.ann.key], rule);
    }

    /// The same after refreshing everything.
    #[track_caller]
    pub fn refused_fresh(&mut self, last: Instruction, rule: BallastError) {
        let all = self.fresh(last);
        self.refused(&all, rule);
    }

    /// Sends `instructions` signed by Ann, which must fail with another program's `code` and change nothing.
    #[track_caller]
    pub fn refused_by_code(&mut self, instructions: &[Instruction], code: u32) {
        assert_code(&mut self.fixture.deployment, instructions, &[&self.ann.key], code);
    }

    /// Sends a decision, which must break `rule` and change nothing.
    #[track_caller]
    pub fn decision_refused(&mut self, targets_bps: [u16; 8], rule: BallastError) {
        let all = self.fresh(self.rebalance_ix(targets_bps));
        let keeper = self.fixture.deployment.keeper.insecure_clone();
        assert_refused(&mut self.fixture.deployment, &all, &[&keeper], rule);
    }

    /// Changes the vault's limits.
    pub fn set_limits(&mut self, change: impl FnOnce(&mut VaultLimits)) {
        use solana_signer::Signer;
        let (vault, mut limits) = (self.vault, self.state().limits);
        change(&mut limits);
        let governance = self.fixture.deployment.governance.pubkey();
        self.govern(instruction::set_limits(governance, vault, limits));
    }

    /// Changes a slot's caps.
    pub fn set_caps(&mut self, index: u8, absolute_cap_atoms: u64, relative_cap_bps: u16) {
        use solana_signer::Signer;
        let (vault, governance) = (self.vault, self.fixture.deployment.governance.pubkey());
        self.govern(instruction::set_allocation_caps(
            governance,
            vault,
            index,
            absolute_cap_atoms,
            relative_cap_bps,
        ));
    }

    /// Sets the pause level.
    pub fn pause(&mut self, level: u8) {
        use solana_signer::Signer;
        let (vault, governance) = (self.vault, self.fixture.deployment.governance.pubkey());
        self.govern(instruction::set_pause_level(governance, vault, level));
    }

    /// Revokes the approved model.
    pub fn revoke_model(&mut self) {
        use solana_signer::Signer;
        let (model, guardian) =
            (self.fixture.deployment.model, self.fixture.deployment.guardian.insecure_clone());
        let revoke = instruction::revoke_model(guardian.pubkey(), model);
        self.deployment().send(&[revoke], &[&guardian]).expect("the guardian may revoke");
    }

    /// See [`Fixture::settle`].
    pub fn settle(&mut self) {
        self.fixture.settle(&self.vault).expect("time can pass");
    }

    /// Sends an instruction of governance's.
    #[track_caller]
    pub fn govern(&mut self, instruction: Instruction) {
        self.deployment().govern(&[instruction]).expect("governance may");
    }

    /// Lets `secs` pass and publishes the usual prices.
    pub fn pass(&mut self, secs: u64) {
        self.fixture.deployment.world.pass_secs(secs);
        self.fixture.publish_usual_prices().expect("prices can be published");
    }

    /// Publishes a price of SOL that `change` made of the usual one.
    pub fn publish_sol(&mut self, change: impl FnOnce(&mut Quote)) {
        let mut quote = Quote::at(SOL_PRICE_E8, 5, self.fixture.deployment.world.now());
        change(&mut quote);
        self.deployment().publish(&address::WRAPPED_SOL, quote).expect("a price can be published");
    }

    /// Makes the price of the pool's leg bad in one way and good in all others.
    pub fn spoil_price(&mut self, bad: BadPrice) {
        match bad {
            BadPrice::Stale => self.fixture.deployment.world.pass_secs(61),
            BadPrice::Backwards => {
                self.fixture.deployment.world.pass_secs(1);
                self.publish_sol(|quote| quote.publish_ts -= 2);
            }
            BadPrice::Wide => self.publish_sol(|quote| quote.conf = 2 * SOL_PRICE_E8.unsigned_abs() / 100),
            BadPrice::Divergent => self.publish_sol(|quote| quote.ema = SOL_PRICE_E8 * 8 / 10),
            BadPrice::SpotAway => {
                let pool = self.fixture.pool.expect("the fixture has a pool");
                // 157.50 dollars a SOL, 5% above the oracle.
                pool.set_price(&mut self.fixture.deployment.world, &address::WRAPPED_SOL, 157_500, 1_000_000)
                    .expect("arbitrage");
            }
        }
    }
}
