//! Value sent into every account that takes it: the vault's books, prices and people stay as they were.

use ballast_client::address;
use ballast_sandbox::Chain;
use ballast_tests::{Cast, POOL, SOL};

use crate::books::{Books, check_books, donation_places};

#[test]
fn donations_to_any_account_of_a_working_vault_change_no_price() {
    let mut cast = Cast::invested();
    let people = [cast.another(0)];
    let before = Books::read(&mut cast, &people);
    let receipts_before: Vec<u64> = before.vault.active().map(|slot| slot.receipts).collect();
    for place in donation_places(&cast) {
        cast.donate(&place, 1_000_000_000_000);
        let after = Books::read(&mut cast, &people);
        assert_eq!(after.nav, before.nav, "{place}");
        assert_eq!(after.vault.total_shares, before.vault.total_shares);
        let receipts: Vec<u64> = after.vault.active().map(|slot| slot.receipts).collect();
        assert_eq!(receipts, receipts_before);
    }
}

#[test]
fn whoever_leaves_after_donations_gets_what_they_would_have_got() {
    let leave = |donate: bool| {
        let mut cast = Cast::invested();
        if donate {
            for place in donation_places(&cast) {
                cast.donate(&place, 1_000_000_000_000);
            }
        }
        let third = cast.slot(POOL).receipts / 3;
        let exit = ballast_client::instruction::Exit {
            index: POOL,
            receipts: third,
            shares: cast.shares() / 10,
            min_assets_out: 1,
            accept_stale: false,
        };
        cast.exit(exit);
        cast.withdraw(cast.shares() / 100);
        cast.wallet()
    };
    assert_eq!(leave(true), leave(false));
}

#[test]
fn wrapped_sol_with_lamports_not_yet_counted_stays_a_donation() {
    let mut cast = Cast::staked();
    let idle = cast.state().idle_account;
    let mut account = cast.stage().world.expect_account(&idle, "idle").unwrap();
    account.lamports += 50 * SOL;
    cast.stage().world.set_account(&idle, account).unwrap();
    let people = [cast.another(0)];
    let before = Books::read(&mut cast, &people);
    // Anyone may have the token program count them.
    cast.send(&[ballast_client::token::sync_native(&idle)]);
    let after = Books::read(&mut cast, &people);
    assert_eq!(after.nav, before.nav);
    assert_eq!(cast.idle_balance(), after.vault.idle_atoms + 50 * SOL);
    let funder = address::funder(&cast.vault);
    cast.stage().world.give_lamports(&funder, 50 * SOL).unwrap();
    cast.pass(3_600);
    cast.decide([5_000, 0, 0, 0, 0, 0, 0, 0]);
    let receipts = cast.slot(0).receipts / 4;
    cast.decrease(0, receipts);
    let now = Books::read(&mut cast, &people);
    assert!(
        now.nav.gross_low <= before.nav.gross_low + 1,
        "{now:?} {before:?}",
        now = now.nav,
        before = before.nav
    );
    let position = cast.scene.stage.position(&cast.vault, &cast.ann.address()).unwrap();
    assert!(now.vault.total_shares >= position.shares);
    assert_eq!(cast.idle_balance(), now.vault.idle_atoms + 50 * SOL);
}

#[test]
fn the_checks_see_a_counter_that_is_not_its_balance() {
    let mut cast = Cast::usdc(0);
    let people = [cast.another(0)];
    let books = Books::read(&mut cast, &people);
    check_books(&cast, &books, &[]);
    cast.donate(&books.vault.idle_account, 1);
    let unnoticed =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check_books(&cast, &books, &[])));
    assert!(unnoticed.is_err());
    check_books(&cast, &books, &[(books.vault.idle_account, 1)]);
}
