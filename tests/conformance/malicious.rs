//! Venues that turned bad: whatever they do with the vault's signature, the call is refused and nothing changed.

use ballast::BallastError;
use ballast_client::address;
use ballast_sandbox::{Chain, DeploymentError, Done, Failed, token};
use ballast_tests::{assert_broken, bytecode};
use malicious::{Attack, Order};
use solana_account::Account;
use solana_pubkey::Pubkey;

use crate::binaries::{Binaries, on_stand_ins};
use crate::holding::{Holding, SOL, USDC};

const WHY: &str = "it replaces the venue";

/// A venue with a slot that holds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Venue {
    Kamino,
    Raydium,
    StakePool,
}

impl Venue {
    const ALL: [Self; 3] = [Self::Kamino, Self::Raydium, Self::StakePool];

    fn program(self) -> Pubkey {
        match self {
            Self::Kamino => address::KAMINO_LEND,
            Self::Raydium => address::RAYDIUM_CPMM,
            Self::StakePool => address::SPL_STAKE_POOL,
        }
    }

    /// A slot that the honest venue filled, whose place the bad one then takes.
    fn replaced(self, binaries: Binaries) -> Holding {
        let (mut holding, entered) = match self {
            Self::Kamino => (Holding::reserve(binaries, 10_000 * USDC), 4_000 * USDC),
            Self::Raydium => (Holding::pool_of_usdc(binaries, 10_000 * USDC), 4_000 * USDC),
            Self::StakePool => (Holding::stake_pool(binaries, 100 * SOL), 40 * SOL),
        };
        holding.enter(entered).unwrap();
        holding.fixture.deployment.world.deploy(&self.program(), bytecode::malicious()).unwrap();
        holding
    }
}

/// An instruction that calls the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Refresh,
    Increase,
    Decrease,
    Exit,
}

/// Those in which the vault signs the venue's instruction.
const MOVES: [Call; 3] = [Call::Increase, Call::Decrease, Call::Exit];
const LEAVING: [Call; 2] = [Call::Decrease, Call::Exit];

impl Call {
    fn prepare(self, holding: &mut Holding) {
        match self {
            Self::Decrease => holding.let_anyone_unwind(),
            Self::Refresh => holding.fixture.deployment.world.next_slot(),
            Self::Increase | Self::Exit => {}
        }
    }

    fn make(self, holding: &mut Holding) -> Result<Done, DeploymentError> {
        let (vault, index, receipts) = (holding.vault, holding.index, holding.slot().receipts);
        match self {
            Self::Refresh => holding.refresh(),
            Self::Increase => {
                let atoms = holding.idle() / 10;
                holding.enter(atoms)
            }
            Self::Decrease => holding.fixture.deployment.allocate(
                &vault,
                index,
                ballast::Direction::Decrease,
                receipts / 10,
            ),
            Self::Exit => holding.leave_vault_from(receipts / 100),
        }
    }
}

/// The vault, its funder and all its token accounts, to the byte.
fn everything(holding: &Holding) -> Vec<Option<Account>> {
    let (state, slot) = (holding.fixture.deployment.vault(&holding.vault).unwrap(), holding.slot());
    let funder = address::funder(&holding.vault);
    [holding.vault, state.idle_account, slot.receipt_account, slot.leg_account, funder]
        .map(|key| holding.fixture.deployment.world.account(&key).unwrap())
        .to_vec()
}

/// Orders the attack and makes the call, which must fail and leave everything as it was.
#[track_caller]
fn refused(holding: &mut Holding, call: Call, attack: Attack, target: u8) -> Failed {
    call.prepare(holding);
    let root = holding.fixture.deployment.strategy(&holding.slot().strategy).unwrap().root();
    let write = |data: &mut [u8]| {
        Order { attack, target }.write(data);
        Ok(())
    };
    holding.fixture.deployment.world.edit(&root, "root", write).unwrap();
    // What it grows by needs rent.
    let lamports = holding.fixture.deployment.world.expect_account(&root, "root").unwrap().lamports;
    holding.fixture.deployment.world.give_lamports(&root, lamports + SOL).unwrap();
    let before = everything(holding);
    let failed = match call.make(holding) {
        Err(DeploymentError::Failed(failed)) => *failed,
        Err(other) => panic!("{attack:?} of {target} in {call:?}: {other}"),
        Ok(done) => panic!("{attack:?} of {target} in {call:?} went through:\n{}", done.logs.join("\n")),
    };
    assert_eq!(everything(holding), before, "{attack:?} of {target} in {call:?}");
    failed
}

#[track_caller]
fn assert_rule(holding: &mut Holding, call: Call, attack: Attack, target: u8, rule: BallastError) {
    println!("{attack:?} of {target} in {call:?}");
    assert_broken(&refused(holding, call, attack, target), rule);
}

#[test]
fn the_bad_venues_do_their_ordinary_business_without_an_order() {
    on_stand_ins(WHY, |binaries| {
        for venue in Venue::ALL {
            for call in [Call::Refresh, Call::Increase, Call::Decrease, Call::Exit] {
                let mut holding = venue.replaced(binaries);
                call.prepare(&mut holding);
                call.make(&mut holding).unwrap_or_else(|why| panic!("{venue:?} {call:?}: {why}"));
            }
        }
    });
}

/// Lending and staking call the venue once a move: what each attack meets is the check that names it.
/// Targets: klend's deposit names idle, then receipts; its redemption the reverse; a stake pool's receipts alone.
#[test]
fn what_a_venue_does_to_the_accounts_of_the_move_is_refused_by_name() {
    let mut cases = Vec::new();
    for attack in [Attack::Approve, Attack::CloseAuthority, Attack::Owner] {
        for target in [0, 1] {
            cases.extend(
                MOVES.map(|call| (Venue::Kamino, call, attack, target, BallastError::VaultAccountChanged)),
            );
        }
        cases.extend(
            LEAVING.map(|call| (Venue::StakePool, call, attack, 0, BallastError::VaultAccountChanged)),
        );
    }
    cases.push((Venue::Kamino, Call::Increase, Attack::TakeAll, 0, BallastError::BalanceDeltaMismatch));
    cases.push((Venue::Kamino, Call::Increase, Attack::TakeAll, 1, BallastError::ReceiptMismatch));
    for call in LEAVING {
        cases.push((Venue::Kamino, call, Attack::TakeAll, 1, BallastError::BalanceDeltaMismatch));
        for attack in [Attack::Take, Attack::TakeAll] {
            cases.push((Venue::Kamino, call, attack, 0, BallastError::ReceiptMismatch));
            cases.push((Venue::StakePool, call, attack, 0, BallastError::ReceiptMismatch));
        }
    }
    on_stand_ins(WHY, |binaries| {
        for (venue, call, attack, target, rule) in cases.clone() {
            assert_rule(&mut venue.replaced(binaries), call, attack, target, rule);
        }
    });
}

/// A pool is called twice a move, so the second call may meet what the first did before our check does.
#[test]
fn what_a_pool_does_to_any_account_in_any_of_its_calls_is_refused() {
    on_stand_ins(WHY, |binaries| {
        for call in MOVES {
            for target in [0, 1] {
                let mut holding = Venue::Raydium.replaced(binaries);
                assert_rule(&mut holding, call, Attack::Approve, target, BallastError::VaultAccountChanged);
                for attack in [Attack::CloseAuthority, Attack::Owner, Attack::TakeAll] {
                    refused(&mut Venue::Raydium.replaced(binaries), call, attack, target);
                }
            }
        }
    });
}

#[test]
fn a_frozen_receipt_account_is_refused() {
    on_stand_ins(WHY, |binaries| {
        for (venue, call, target) in [
            (Venue::Kamino, Call::Increase, 1),
            (Venue::Kamino, Call::Decrease, 0),
            (Venue::Kamino, Call::Exit, 0),
            (Venue::StakePool, Call::Decrease, 0),
            (Venue::StakePool, Call::Exit, 0),
        ] {
            let mut holding = venue.replaced(binaries);
            make_mint_freezable(&mut holding);
            assert_rule(&mut holding, call, Attack::Freeze, target, BallastError::VaultAccountChanged);
        }
    });
}

/// Makes the receipt's mint authority its freeze authority too.
fn make_mint_freezable(holding: &mut Holding) {
    let strategy = holding.fixture.deployment.strategy(&holding.slot().strategy).unwrap();
    let copy = |data: &mut [u8]| {
        data.copy_within(0..36, 46);
        Ok(())
    };
    holding.fixture.deployment.world.edit(&strategy.receipt_mint, "mint", copy).unwrap();
}

#[test]
fn a_venue_that_does_nothing_is_not_believed() {
    on_stand_ins(WHY, |binaries| {
        for (call, rule) in [
            (Call::Refresh, BallastError::VenueStale),
            (Call::Increase, BallastError::BalanceDeltaMismatch),
            (Call::Decrease, BallastError::ReceiptMismatch),
            (Call::Exit, BallastError::ReceiptMismatch),
        ] {
            assert_rule(&mut Venue::Kamino.replaced(binaries), call, Attack::Nothing, 0, rule);
        }
        for call in MOVES {
            refused(&mut Venue::Raydium.replaced(binaries), call, Attack::Nothing, 0);
            refused(&mut Venue::StakePool.replaced(binaries), call, Attack::Nothing, 0);
        }
    });
}

#[test]
fn a_root_account_of_another_size_is_refused() {
    on_stand_ins(WHY, |binaries| {
        for attack in [Attack::Grow, Attack::Shrink] {
            for call in [Call::Refresh, Call::Increase, Call::Decrease, Call::Exit] {
                let mut holding = Venue::Kamino.replaced(binaries);
                assert_rule(&mut holding, call, attack, 0, BallastError::VenueAccountInvalid);
            }
            for call in MOVES {
                refused(&mut Venue::Raydium.replaced(binaries), call, attack, 0);
            }
        }
        for call in MOVES {
            let mut holding = Venue::StakePool.replaced(binaries);
            assert_rule(&mut holding, call, Attack::Shrink, 0, BallastError::VenueAccountInvalid);
        }
    });
}

#[test]
fn calling_ballast_from_within_its_call_fails() {
    on_stand_ins(WHY, |binaries| {
        for venue in Venue::ALL {
            for call in MOVES {
                refused(&mut venue.replaced(binaries), call, Attack::Reenter, 0);
            }
        }
    });
}

#[test]
fn the_funder_cannot_be_taken() {
    on_stand_ins(WHY, |binaries| {
        refused(&mut Venue::StakePool.replaced(binaries), Call::Increase, Attack::Assign, 0);
    });
}

/// The fee account is the manager's to name: it may be one that the vault owns.
#[test]
fn another_account_of_the_vault_is_as_safe_as_those_of_the_move() {
    on_stand_ins(WHY, |binaries| {
        for call in LEAVING {
            for (attack, rule) in [
                (Attack::Approve, BallastError::VaultAccountChanged),
                (Attack::CloseAuthority, BallastError::VaultAccountChanged),
                (Attack::Owner, BallastError::VaultAccountChanged),
                (Attack::Take, BallastError::OtherBalanceTaken),
            ] {
                let mut holding = Venue::StakePool.replaced(binaries);
                let (pool, vault, other) =
                    (holding.fixture.stake_pool.unwrap(), holding.vault, Pubkey::new_unique());
                let world = &mut holding.fixture.deployment.world;
                token::set_token_account(world, &other, &pool.mint, &vault, 5).unwrap();
                pool.set_fee_account(world, &other).unwrap();
                assert_rule(&mut holding, call, attack, 1, rule);
            }
        }
    });
}

/// What the real pool pays into an account of the vault's is a gift.
#[test]
fn a_gift_to_another_account_of_the_vault_blocks_nothing() {
    on_stand_ins("one chain is enough", |binaries| {
        let mut holding = Holding::stake_pool(binaries, 100 * SOL);
        holding.enter(40 * SOL).unwrap();
        let (pool, vault, other) = (holding.fixture.stake_pool.unwrap(), holding.vault, Pubkey::new_unique());
        let world = &mut holding.fixture.deployment.world;
        token::set_token_account(world, &other, &pool.mint, &vault, 5).unwrap();
        pool.set_fee_account(world, &other).unwrap();
        holding.let_anyone_unwind();
        let receipts = holding.slot().receipts;
        holding.leave(receipts / 2).unwrap();
        assert!(token::balance(&holding.fixture.deployment.world, &other).unwrap() > 5);
    });
}

/// Anyone may send lamports to the accounts that turn wrapped SOL into SOL.
#[test]
fn a_gift_of_lamports_blocks_nothing() {
    on_stand_ins("one chain is enough", |binaries| {
        for gift in [1, 5 * SOL] {
            let mut holding = Holding::stake_pool(binaries, 100 * SOL);
            let vault = holding.vault;
            for key in [address::unwrap(&vault), address::funder(&vault)] {
                holding.fixture.deployment.world.give_lamports(&key, gift + 890_880).unwrap();
            }
            holding.enter(40 * SOL).unwrap();
            holding.let_anyone_unwind();
            let receipts = holding.slot().receipts;
            holding.leave(receipts / 2).unwrap();
        }
    });
}
