//! One slot of one vault, filled and emptied through Ballast.

use ballast::Direction;
use ballast::adapters::kind;
use ballast::state::{Allocation, VaultLimits, pause_level};
use ballast_client::instruction::Exit;
use ballast_client::{address, instruction};
use ballast_sandbox::{Done, Person, Scene, SceneSpec, StageError, VaultSpec, token, usual_limits};
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
    /// Everything on stage.
    pub scene: Scene,
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
        let scene = binaries.scene(SceneSpec { reserves: 1, pool: false, stake_pool: false });
        let (vault, usdc) = (scene.usdc_vault, scene.usdc);
        Self::order(scene, vault, usdc, deposit)
    }

    /// The SOL/USDC pool's slot in a vault of `deposit` atoms of USDC, which is the pool's token 0.
    pub fn pool_of_usdc(binaries: Binaries, deposit: u64) -> Self {
        let scene = binaries.scene(SceneSpec { reserves: 0, pool: true, stake_pool: false });
        let (vault, usdc) = (scene.usdc_vault, scene.usdc);
        assert_eq!(scene.pool.unwrap().mints[0], usdc);
        Self::order(scene, vault, usdc, deposit)
    }

    /// The same pool's slot in a vault of `deposit` atoms of SOL, which is its token 1.
    pub fn pool_of_sol(binaries: Binaries, deposit: u64) -> Self {
        let mut scene = binaries.scene(SceneSpec { reserves: 0, pool: true, stake_pool: false });
        let (pool, sol) = (scene.pool.unwrap(), address::WRAPPED_SOL);
        assert_eq!(pool.mints[1], sol);
        let vault = scene.stage.create_vault(&VaultSpec::new(sol, 2)).unwrap();
        let strategy = scene.stage.list(&pool.key, kind::RAYDIUM_CPMM, &sol).unwrap();
        scene.stage.add_allocation(&vault, &strategy, u64::MAX, 10_000).unwrap();
        Self::order(scene, vault, sol, deposit)
    }

    /// The stake pool's slot in a vault of `deposit` lamports.
    pub fn stake_pool(binaries: Binaries, deposit: u64) -> Self {
        let scene = binaries.scene(SceneSpec { reserves: 0, pool: false, stake_pool: true });
        let vault = scene.sol_vault;
        Self::order(scene, vault, address::WRAPPED_SOL, deposit)
    }

    fn order(mut scene: Scene, vault: Pubkey, asset: Pubkey, deposit: u64) -> Self {
        // As little of our own limits as may be: the venue's are looked at here.
        let limits = VaultLimits {
            min_move_atoms: 1,
            reduction_rest_secs: 0,
            loss_call_bps: 300,
            loss_window_bps: 500,
            ..usual_limits()
        };
        let governance = scene.stage.governance.pubkey();
        scene.stage.govern(&[instruction::set_limits(governance, vault, limits)]).unwrap();
        let mandate = scene.stage.open_mandate();
        let depositor = scene.stage.person(&asset, deposit, mandate).unwrap();
        scene.stage.deposit(&depositor, &vault, deposit).unwrap();
        scene.settle(&vault).unwrap();
        scene.stage.rebalance(&vault, [9_000, 0, 0, 0, 0, 0, 0, 0]).unwrap();
        Self { scene, vault, index: 0, depositor }
    }

    /// The slot as it stands.
    pub fn slot(&self) -> Allocation {
        self.scene.stage.allocation(&self.vault, self.index).unwrap()
    }

    /// The slot, refreshed now.
    pub fn refreshed(&mut self) -> Allocation {
        self.refresh().unwrap();
        self.slot()
    }

    /// Refreshes the slot.
    pub fn refresh(&mut self) -> Result<Done, StageError> {
        let all = self.scene.stage.refresh_all(&self.vault)?;
        self.scene.stage.send(&all, &[])
    }

    /// Moves `atoms` into the venue.
    pub fn enter(&mut self, atoms: u64) -> Result<Done, StageError> {
        self.scene.stage.allocate(&self.vault, self.index, Direction::Increase, atoms)
    }

    /// Turns `receipts` back into the asset. Returns what reached idle, atoms.
    pub fn leave(&mut self, receipts: u64) -> Result<u64, StageError> {
        let before = self.idle();
        self.scene.stage.allocate(&self.vault, self.index, Direction::Decrease, receipts)?;
        Ok(self.idle() - before)
    }

    /// The vault's counter of idle assets; asserts that it is what the token account holds.
    pub fn idle(&self) -> u64 {
        let state = self.scene.stage.vault(&self.vault).unwrap();
        assert_eq!(token::balance(&self.scene.stage.world, &state.idle_account).unwrap(), state.idle_atoms);
        state.idle_atoms
    }

    /// Governance lets anyone unwind, whatever the target.
    pub fn let_anyone_unwind(&mut self) {
        let governance = self.scene.stage.governance.pubkey();
        let level = pause_level::ANYONE_MAY_UNWIND;
        self.scene.stage.govern(&[instruction::set_pause_level(governance, self.vault, level)]).unwrap();
    }

    /// The depositor leaves with half of their shares, counting whatever is stale as nothing.
    pub fn leave_vault_counting_stale_as_nothing(&mut self) -> Result<Done, StageError> {
        let owner = self.depositor.address();
        let shares = self.scene.stage.position(&self.vault, &owner)?.shares / 2;
        let state = self.scene.stage.vault(&self.vault)?;
        let exit = instruction::withdraw(owner, self.vault, &state, shares, 1, true);
        self.scene.stage.send(&[exit], &[&self.depositor.key])
    }

    /// The depositor leaves with a tenth of their shares by unwinding `receipts`.
    pub fn leave_vault_from(&mut self, receipts: u64) -> Result<Done, StageError> {
        let owner = self.depositor.address();
        let shares = self.scene.stage.position(&self.vault, &owner)?.shares / 10;
        let exit = Exit { index: self.index, receipts, shares, min_assets_out: 1, accept_stale: false };
        self.scene.stage.withdraw_from(&self.depositor, &self.vault, exit)
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
