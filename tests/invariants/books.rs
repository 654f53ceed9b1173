//! A vault and its three depositors, as the invariants see them.

use ballast::state::{Nav, Vault};
use ballast_client::address;
use ballast_math::limits::ROUNDING_ATOMS;
use ballast_math::mul_div::bps_floor;
use ballast_math::shares::{VIRTUAL_ASSETS, VIRTUAL_SHARES, to_assets_down};
use ballast_sandbox::Person;
use ballast_tests::VaultTest;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// Everything at one moment, all slots fresh.
#[derive(Clone)]
pub struct Books {
    pub vault: Vault,
    pub nav: Nav,
    pub shares: Vec<u64>,
    pub wallets: Vec<u64>,
    pub fee_position: u64,
    pub now: i64,
}

impl Books {
    /// Refreshes every slot and reads.
    pub fn read(test: &mut VaultTest, people: &[Person]) -> Self {
        let refresh = test.fixture.deployment.refresh_all(&test.vault).unwrap();
        test.send(&refresh);
        let recipient = test.fixture.deployment.fee_recipient.pubkey();
        Self {
            vault: test.state(),
            nav: test.nav(),
            shares: people.iter().map(|person| test.shares_of(person)).collect(),
            wallets: people.iter().map(|person| test.wallet_of(person)).collect(),
            fee_position: test
                .fixture
                .deployment
                .position(&test.vault, &recipient)
                .map_or(0, |held| held.shares),
            now: test.fixture.deployment.world.now(),
        }
    }

    /// What person `who` could have now: wallet and what their shares redeem for.
    pub fn worth(&self, who: usize) -> u64 {
        self.wallets[who] + self.redeem(self.shares[who])
    }

    /// What `shares` redeem for.
    pub fn redeem(&self, shares: u64) -> u64 {
        to_assets_down(shares, self.nav.low, self.vault.total_shares).unwrap()
    }

    fn used_losses(&self) -> u64 {
        self.vault.losses.used(self.now, self.vault.limits.loss_window_secs).unwrap()
    }
}

/// Token accounts that anybody can send to: idle, receipts and leg of the vault, then venues' own.
pub fn donation_places(test: &VaultTest) -> Vec<Pubkey> {
    let state = test.state();
    let mut places = vec![state.idle_account];
    places.extend(state.active().map(|slot| slot.receipt_account));
    places.extend(state.active().map(|slot| slot.leg_account).filter(|key| *key != Pubkey::default()));
    places.extend(test.fixture.reserves.iter().map(|reserve| reserve.liquidity_vault));
    places.extend(
        test.fixture
            .reserves
            .iter()
            .map(|reserve| address::token_account(&test.vault, &reserve.ctoken_mint, &address::TOKEN)),
    );
    places
}

/// Invariants 1 and 2, and that counters are balances less what was donated.
pub fn check_books(test: &VaultTest, books: &Books, donated: &[(Pubkey, u64)]) {
    let vault = &books.vault;
    let held: u64 = books.shares.iter().sum();
    assert_eq!(
        held + books.fee_position + vault.fee_shares + vault.dead_shares,
        vault.total_shares,
        "1: all shares are somebody's"
    );
    let redeemable: u64 = books
        .shares
        .iter()
        .chain([&books.fee_position, &vault.fee_shares, &vault.dead_shares])
        .map(|shares| books.redeem(*shares))
        .sum();
    assert!(redeemable <= books.nav.low, "2: {redeemable} redeemable of {}", books.nav.low);
    let sent = |key: &Pubkey| -> u64 {
        donated.iter().filter(|(place, _)| place == key).map(|(_, atoms)| atoms).sum()
    };
    let exact = |key: &Pubkey, counter: u64| {
        assert_eq!(test.token_balance(key), counter + sent(key), "counter of {key}");
    };
    exact(&vault.idle_account, vault.idle_atoms);
    for slot in vault.active() {
        exact(&slot.receipt_account, slot.receipts);
    }
}

/// Invariant 4: between two readings the share price fell by no more than the losses recorded.
pub fn check_price(before: &Books, after: &Books) {
    // Fee shares dilute, before anything else happens: what they take is no loss.
    let minted = (after.vault.fee_shares + after.fee_position)
        .saturating_sub(before.vault.fee_shares + before.fee_position);
    let wide = |books: &Books| {
        (u128::from(books.nav.low + VIRTUAL_ASSETS), u128::from(books.vault.total_shares + VIRTUAL_SHARES))
    };
    let ((assets_before, shares_before), (assets_after, shares_after)) = (wide(before), wide(after));
    let shares_before = shares_before + u128::from(minted);
    let fall = (assets_before * shares_after).saturating_sub(assets_after * shares_before);
    let recorded = after.vault.recorded_loss_atoms - before.vault.recorded_loss_atoms;
    // Two atoms for the roundings of locked profit.
    let allowed = u128::from(recorded + 2) * shares_before.max(shares_after);
    assert!(
        fall <= allowed,
        "4: {assets_before}/{shares_before} fell to {assets_after}/{shares_after}, {recorded} recorded"
    );
}

/// Invariants 5, 6 and 8 after `allocate` of slot `index`.
pub fn check_move(before: &Books, after: &Books, index: u8, increase: bool) {
    let (old, new) = (&before.vault, &after.vault);
    let slot = &new.allocations[usize::from(index)];
    let gross = before.nav.gross_low;
    if increase {
        let relative = bps_floor(gross, u64::from(slot.relative_cap_bps)).unwrap();
        let target = bps_floor(gross, u64::from(slot.target_bps)).unwrap();
        let value = slot.value_low;
        assert!(value <= slot.absolute_cap_atoms && value <= relative && value <= target, "5: {slot:?}");
    }
    let lost = gross.saturating_sub(after.nav.gross_low);
    let budget = bps_floor(gross, u64::from(new.limits.loss_window_bps)).unwrap();
    let used = after.used_losses();
    // What a venue rounds away is charged and blocks nothing.
    assert!(used <= budget.max(before.used_losses() + ROUNDING_ATOMS), "6: {used} of {budget}");
    assert_eq!(lost, used - before.used_losses(), "8: every atom that a move lost is charged");
    for (other, (was, is)) in old.allocations.iter().zip(&new.allocations).enumerate() {
        assert!(other == usize::from(index) || was.receipts == is.receipts, "8: another slot moved");
    }
    assert_eq!((&before.shares, &before.wallets), (&after.shares, &after.wallets), "8: people's own moved");
}

/// Invariants 6 and 8 after `rebalance`.
pub fn check_decision(before: &Books, after: &Books) {
    let (old, new) = (&before.vault, &after.vault);
    let used = new.turnover.used(after.now, new.limits.turnover_window_secs).unwrap();
    let was = old.turnover.used(before.now, old.limits.turnover_window_secs).unwrap();
    assert!(used <= u64::from(new.limits.turnover_cap_bps).max(was), "6: {used} bps");
    assert_eq!(old.idle_atoms, new.idle_atoms, "8: a decision moves nothing");
    for (was, is) in old.allocations.iter().zip(&new.allocations) {
        assert_eq!((was.receipts, was.value_low), (is.receipts, is.value_low), "8: a decision moves nothing");
    }
}
