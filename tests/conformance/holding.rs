//! One slot of one vault, filled and emptied through Ballast.

use ballast::Direction;
use ballast::adapters::kind;
use ballast::state::{Allocation, VaultLimits, pause_level};
use ballast_client::instruction::Exit;
use ballast_client::{address, instruction};
use ballast_sandbox::{DeploymentError, Done, Fixture, FixtureSpec, Person, VaultSpec, token, usual_limits};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::binaries::Binaries;

/// Atoms of a dollar.
pub const USDC: u64 = 1_000_000;
/// Atoms of a SOL.
pub const SOL: u64 = 1_000_000_000;
/// Seconds of a day.
pub const DAY: u64 = 86_400;

/// A slot of a vault that is ordered to hold nine tenths of it.
pub struct Holding {
    /// Everything that is deployed.
    pub fixture: Fixture,
    /// The vault.
    pub vault: Pubkey,
    /// The slot.
    pub index: u8,
    /// Whose money is in the vault.
    pub depositor: Person,
}

impl Holding {
    /// A reserve's slot in a vault of `deposit` atoms of USDC.
    pub fn reserve(binaries: Binaries, deposit: u64) -> Self {
        let fixture = binaries.fixture(FixtureSpec { reserves: 1, pool: false, stake_pool: false });
        let (vault, usdc) = (fixture.usdc_vault, fixture.usdc);
        Self::order(fixture, vault, usdc, deposit)
    }

    /// The SOL/USDC pool's slot in a vault of `deposit` atoms of USDC, which is the pool's token 0.
    pub fn pool_of_usdc(binaries: Binaries, deposit: u64) -> Self {
        let fixture = binaries.fixture(FixtureSpec { reserves: 0, pool: true, stake_pool: false });
        let (vault, usdc) = (fixture.usdc_vault, fixture.usdc);
        assert_eq!(fixture.pool.unwrap().mints[0], usdc);
        Self::order(fixture, vault, usdc, deposit)
    }

    /// The same pool's slot in a vault of `deposit` atoms of SOL, which is its token 1.
    pub fn pool_of_sol(binaries: Binaries, deposit: u64) -> Self {
        let mut fixture = binaries.fixture(FixtureSpec { reserves: 0, pool: true, stake_pool: false });
        let (pool, sol) = (fixture.pool.unwrap(), address::WRAPPED_SOL);
        assert_eq!(pool.mints[1], sol);
        let vault = fixture.deployment.create_vault(&VaultSpec::new(sol, 2)).unwrap();
        let strategy = fixture.deployment.list(&pool.key, kind::RAYDIUM_CPMM, &sol).unwrap();
        fixture.deployment.add_allocation(&vault, &strategy, u64::MAX, 10_000).unwrap();
        Self::order(fixture, vault, sol, deposit)
    }

    /// The stake pool's slot in a vault of `deposit` lamports.
    pub fn stake_pool(binaries: Binaries, deposit: u64) -> Self {
        let fixture = binaries.fixture(FixtureSpec { reserves: 0, pool: false, stake_pool: true });
        let vault = fixture.sol_vault;
        Self::order(fixture, vault, address::WRAPPED_SOL, deposit)
    }

    fn order(mut fixture: Fixture, vault: Pubkey, asset: Pubkey, deposit: u64) -> Self {
        // As little of our own limits as may be: the venue's are looked at here.
        let limits = VaultLimits {
            min_move_atoms: 1,
            reduction_rest_secs: 0,
            loss_call_bps: 300,
            loss_window_bps: 500,
            ..usual_limits()
        };
        let governance = fixture.deployment.governance.pubkey();
        fixture.deployment.govern(&[instruction::set_limits(governance, vault, limits)]).unwrap();
        let mandate = fixture.deployment.open_mandate();
        let depositor = fixture.deployment.person(&asset, deposit, mandate).unwrap();
        fixture.deployment.deposit(&depositor, &vault, deposit).unwrap();
        fixture.settle(&vault).unwrap();
        fixture.deployment.rebalance(&vault, [9_000, 0, 0, 0, 0, 0, 0, 0]).unwrap();
        Self { fixture, vault, index: 0, depositor }
    }

    /// The slot as it stands.
    pub fn slot(&self) -> Allocation {
        self.fixture.deployment.allocation(&self.vault, self.index).unwrap()
    }

    /// The slot, refreshed now.
    pub fn refreshed(&mut self) -> Allocation {
        self.refresh().unwrap();
        self.slot()
    }

    /// Refreshes the slot.
    pub fn refresh(&mut self) -> Result<Done, DeploymentError> {
        let all = self.fixture.deployment.refresh_all(&self.vault)?;
        self.fixture.deployment.send(&all, &[])
    }

    /// Moves `atoms` into the venue.
    pub fn enter(&mut self, atoms: u64) -> Result<Done, DeploymentError> {
        self.fixture.deployment.allocate(&self.vault, self.index, Direction::Increase, atoms)
    }

    /// Turns `receipts` back into the asset. Returns what reached idle, atoms.
    pub fn leave(&mut self, receipts: u64) -> Result<u64, DeploymentError> {
        let before = self.idle();
        self.fixture.deployment.allocate(&self.vault, self.index, Direction::Decrease, receipts)?;
        Ok(self.idle() - before)
    }

    /// The vault's counter of idle assets; asserts that it is what the token account holds.
    pub fn idle(&self) -> u64 {
        let state = self.fixture.deployment.vault(&self.vault).unwrap();
        assert_eq!(
            token::balance(&self.fixture.deployment.world, &state.idle_account).unwrap(),
            state.idle_atoms
        );
        state.idle_atoms
    }

    /// Governance lets anyone unwind, whatever the target.
    pub fn let_anyone_unwind(&mut self) {
        let governance = self.fixture.deployment.governance.pubkey();
        let level = pause_level::ANYONE_MAY_UNWIND;
        self.fixture
            .deployment
            .govern(&[instruction::set_pause_level(governance, self.vault, level)])
            .unwrap();
    }

    /// The depositor leaves with half of their shares, counting whatever is stale as nothing.
    pub fn leave_vault_counting_stale_as_nothing(&mut self) -> Result<Done, DeploymentError> {
        let owner = self.depositor.address();
        let shares = self.fixture.deployment.position(&self.vault, &owner)?.shares / 2;
        let state = self.fixture.deployment.vault(&self.vault)?;
        let exit = instruction::withdraw(owner, self.vault, &state, shares, 1, true);
        self.fixture.deployment.send(&[exit], &[&self.depositor.key])
    }

    /// The depositor leaves with a tenth of their shares by unwinding `receipts`.
    pub fn leave_vault_from(&mut self, receipts: u64) -> Result<Done, DeploymentError> {
        let owner = self.depositor.address();
        let shares = self.fixture.deployment.position(&self.vault, &owner)?.shares / 10;
        let exit = Exit { index: self.index, receipts, shares, min_assets_out: 1, accept_stale: false };
        self.fixture.deployment.withdraw_from(&self.depositor, &self.vault, exit)
    }

    /// Asserts that `refused` moves nothing: neither idle nor receipts.
    #[track_caller]
    pub fn assert_unmoved<T>(&mut self, refused: impl FnOnce(&mut Self) -> T) -> T {
        let (idle, receipts) = (self.idle(), self.slot().receipts);
        let result = refused(self);
        assert_eq!((self.idle(), self.slot().receipts), (idle, receipts));
        result
    }
}
