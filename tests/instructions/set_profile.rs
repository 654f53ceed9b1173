//! `set_profile`.

use ballast::BallastError;
use ballast::events::ProfileSet;
use ballast::state::{Mandate, asset_class};
use ballast_client::{address, decode_profile, instruction};
use ballast_sandbox::{Chain, Person};
use ballast_tests::unchanged::{assert_code, code, replaced, unsigned};
use ballast_tests::{USDC, VaultTest, the_event};

fn stated(test: &VaultTest, person: &Person) -> Mandate {
    let account =
        test.fixture.deployment.world.expect_account(&address::profile(&person.address()), "profile");
    let profile = decode_profile(&account.unwrap().data).unwrap();
    assert_eq!((profile.owner, profile.version), (person.address(), 1));
    profile.mandate
}

#[test]
fn happy_path_keeps_the_mandate_and_says_so() {
    let mut test = VaultTest::usdc(0);
    let usdc = test.asset;
    let bob = test.deployment().stranger(&usdc, 0).unwrap();
    let mandate = Mandate {
        tolerance: 1,
        asset_classes: asset_class::LENDING,
        horizon_ts: test.fixture.deployment.world.now() + 1,
        mix_bps: [4_000, 6_000, 0],
        max_drawdown_bps: 10_000,
        glide: true,
    };
    let set = instruction::set_profile(bob.address(), mandate);
    let done = test.deployment().send(&[set], &[&bob.key]).unwrap();
    assert_eq!(stated(&test, &bob), mandate);
    let event = the_event::<ProfileSet>(&done);
    assert_eq!((event.owner, event.mandate), (bob.address(), mandate));
}

#[test]
fn a_change_replaces_the_mandate_and_touches_no_money() {
    let mut test = VaultTest::deposited(10 * USDC);
    let (shares, state) = (test.shares(), test.state());
    let careful = Mandate {
        tolerance: 0,
        asset_classes: asset_class::LENDING,
        max_drawdown_bps: 0,
        ..test.fixture.deployment.open_mandate()
    };
    let set = instruction::set_profile(test.ann.address(), careful);
    test.send(&[set]);
    assert_eq!(stated(&test, &test.ann), careful);
    assert_eq!((test.shares(), test.state().idle_atoms), (shares, state.idle_atoms));
    // She may still take her money out of a vault that no longer suits her.
    test.withdraw(shares);
    test.refused_fresh(test.deposit_ix(USDC, 0), BallastError::ClassAboveTolerance);
}

#[test]
fn spec_1_the_owner_signs_for_their_own_profile() {
    let mut test = VaultTest::usdc(0);
    let bob = test.another(0);
    let mandate = Mandate { tolerance: 0, ..test.fixture.deployment.open_mandate() };
    let (ann, bobs) = (test.ann.address(), bob.address());
    let good = instruction::set_profile(ann, mandate);
    assert_code(test.deployment(), &[unsigned(good.clone(), &ann)], &[], code::ACCOUNT_NOT_SIGNER);
    let theft = replaced(good, &address::profile(&ann), &address::profile(&bobs));
    test.refused_by_code(&[theft], code::CONSTRAINT_SEEDS);
    assert_eq!(stated(&test, &bob).tolerance, 2);
}

#[test]
fn spec_2_a_mandate_outside_its_bounds_is_refused() {
    let mut test = VaultTest::usdc(0);
    let open = test.fixture.deployment.open_mandate();
    let now = test.fixture.deployment.world.now();
    let cases = [
        (Mandate { tolerance: 3, ..open }, BallastError::InvalidClass),
        (Mandate { tolerance: u8::MAX, ..open }, BallastError::InvalidClass),
        (Mandate { asset_classes: 0, ..open }, BallastError::InvalidAssetClass),
        (Mandate { asset_classes: asset_class::ALL + 1, ..open }, BallastError::InvalidAssetClass),
        (Mandate { mix_bps: [0; 3], ..open }, BallastError::InvalidProfile),
        (Mandate { mix_bps: [9_999, 0, 0], ..open }, BallastError::InvalidProfile),
        (Mandate { mix_bps: [10_000, 1, 0], ..open }, BallastError::InvalidProfile),
        (Mandate { mix_bps: [u16::MAX; 3], ..open }, BallastError::InvalidProfile),
        (Mandate { tolerance: 0, mix_bps: [9_999, 1, 0], ..open }, BallastError::InvalidProfile),
        (Mandate { tolerance: 1, mix_bps: [0, 0, 10_000], ..open }, BallastError::InvalidProfile),
        (Mandate { max_drawdown_bps: 10_001, ..open }, BallastError::InvalidProfile),
        (Mandate { horizon_ts: now, ..open }, BallastError::InvalidProfile),
        (Mandate { horizon_ts: i64::MIN, ..open }, BallastError::InvalidProfile),
    ];
    for (mandate, rule) in cases {
        test.refused(&[instruction::set_profile(test.ann.address(), mandate)], rule);
        assert_eq!(stated(&test, &test.ann), open);
    }
}
