use ballast::events::VaultCreated;
use ballast::state::{VaultLimits, asset_class};
use ballast::{BallastError, CreateVaultParams, MIN_SEED_ATOMS};
use ballast_client::{address, instruction};
use ballast_sandbox::{Chain, Deployment, VaultSpec, token};
use ballast_tests::token_2022::{self, extension};
use ballast_tests::{assert_emitted, assert_other_refusal, assert_refused, programs};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const ALREADY_IN_USE: u32 = 0;

fn deployment() -> (Deployment, Pubkey) {
    let mut deployment = Deployment::new(programs(), 1_700_000_000).unwrap();
    let mint = deployment.mint(6).unwrap();
    (deployment, mint)
}

/// Params of a vault with the change given.
fn changed(
    deployment: &Deployment,
    mint: Pubkey,
    change: impl FnOnce(&mut CreateVaultParams),
) -> CreateVaultParams {
    let mut params = deployment.vault_params(&VaultSpec::new(mint, 1));
    change(&mut params);
    params
}

/// Tries to create a vault of `mint`, its seed from the payer's account with ten times what is needed.
fn create(
    deployment: &mut Deployment,
    mint: Pubkey,
    params: CreateVaultParams,
) -> Result<ballast_sandbox::Done, ballast_sandbox::DeploymentError> {
    let payer = deployment.world.payer.pubkey();
    let source = token::fund(&mut deployment.world, &payer, &mint, 10_000_000).unwrap();
    let governance = deployment.governance.pubkey();
    deployment.govern(&[instruction::create_vault(payer, governance, mint, address::TOKEN, source, params)])
}

fn assert_nothing_was_made(deployment: &Deployment, mint: &Pubkey, class: u8) {
    let vault = address::vault(mint, class);
    assert!(deployment.world.account(&vault).unwrap().is_none_or(|account| account.data.is_empty()));
}

#[test]
fn governance_creates_a_vault_with_a_dead_seed() {
    let (mut deployment, mint) = deployment();
    let params = changed(&deployment, mint, |params| {
        (params.management_fee_bps, params.performance_fee_bps) = (100, 1_000)
    });
    let done = create(&mut deployment, mint, params.clone()).unwrap();
    let key = address::vault(&mint, 1);
    let vault = deployment.vault(&key).unwrap();
    assert_eq!((vault.idle_atoms, vault.asset_decimals, vault.class), (1_000_000, 6, 1));
    assert_eq!((vault.asset_mint, vault.token_program), (mint, address::TOKEN));
    assert_eq!((vault.keeper, vault.fee_recipient), (params.keeper, params.fee_recipient));
    assert_eq!((vault.management_fee_bps, vault.performance_fee_bps), (100, 1_000));
    assert_eq!((vault.limits, vault.asset_class_mask), (params.limits, asset_class::ALL));
    assert_eq!((vault.fees_accrued_ts, vault.pause_level), (deployment.world.now(), 0));
    assert!(vault.dead_shares > 0 && vault.total_shares == vault.dead_shares);
    assert_eq!(vault.idle_account, address::token_account(&key, &mint, &address::TOKEN));
    assert_eq!(token::balance(&deployment.world, &vault.idle_account).unwrap(), 1_000_000);
    assert_emitted(
        &done,
        &VaultCreated {
            vault: key,
            asset_mint: mint,
            class: 1,
            asset_class_mask: asset_class::ALL,
            seed_atoms: 1_000_000,
            dead_shares: vault.dead_shares,
        },
    );
}

#[test]
fn spec_1_only_governance_may() {
    let (mut deployment, mint) = deployment();
    let payer = deployment.world.payer.pubkey();
    let source = token::fund(&mut deployment.world, &payer, &mint, 10_000_000).unwrap();
    let params = changed(&deployment, mint, |_| {});
    for who in [deployment.guardian.insecure_clone(), deployment.keeper.insecure_clone(), Keypair::new()] {
        let instruction =
            instruction::create_vault(payer, who.pubkey(), mint, address::TOKEN, source, params.clone());
        assert_refused(deployment.send(&[instruction], &[&who]), BallastError::NotGovernance);
    }
    assert_nothing_was_made(&deployment, &mint, 1);
}

#[test]
fn spec_2_a_token_2022_mint_that_could_take_block_or_tax_is_refused() {
    let (mut deployment, _) = deployment();
    const FROZEN: u8 = 2;
    for (number, bytes, rule) in [
        (extension::TRANSFER_FEE, vec![0; 108], BallastError::MintHasTransferFee),
        (extension::TRANSFER_HOOK, vec![0; 64], BallastError::MintHasTransferHook),
        (extension::PERMANENT_DELEGATE, vec![9; 32], BallastError::MintHasPermanentDelegate),
        (extension::DEFAULT_ACCOUNT_STATE, vec![FROZEN], BallastError::MintDefaultFrozen),
        (extension::CLOSE_AUTHORITY, vec![9; 32], BallastError::MintExtensionUnsupported),
        (extension::CONFIDENTIAL_TRANSFER, vec![0; 65], BallastError::MintExtensionUnsupported),
        (extension::NON_TRANSFERABLE, vec![], BallastError::MintExtensionUnsupported),
        (extension::INTEREST_BEARING, vec![0; 52], BallastError::MintExtensionUnsupported),
        (extension::SCALED_UI_AMOUNT, vec![0; 56], BallastError::MintExtensionUnsupported),
        (extension::PAUSABLE, vec![0; 33], BallastError::MintExtensionUnsupported),
    ] {
        let mint = Pubkey::new_unique();
        // Behind a harmless one, so that the first is not the only one looked at.
        let pointer = (extension::METADATA_POINTER, vec![0; 64]);
        token_2022::set_mint(&mut deployment, &mint, &[pointer, (number, bytes)]).unwrap();
        let payer = deployment.world.payer.pubkey();
        let source = token_2022::fund(&mut deployment, &payer, &mint, 10_000_000).unwrap();
        let params = changed(&deployment, mint, |_| {});
        let governance = deployment.governance.pubkey();
        let instruction =
            instruction::create_vault(payer, governance, mint, address::TOKEN_2022, source, params);
        assert_refused(deployment.govern(&[instruction]), rule);
        assert_nothing_was_made(&deployment, &mint, 1);
        assert_eq!(token::balance(&deployment.world, &source).unwrap(), 10_000_000);
    }
}

#[test]
fn spec_2_a_token_2022_mint_with_metadata_is_a_vaults_asset_like_any_other() {
    let (mut deployment, _) = deployment();
    let mint = Pubkey::new_unique();
    token_2022::set_mint(&mut deployment, &mint, &token_2022::metadata_of(&mint)).unwrap();
    let payer = deployment.world.payer.pubkey();
    let source = token_2022::fund(&mut deployment, &payer, &mint, 1_000_000).unwrap();
    let params = changed(&deployment, mint, |_| {});
    let governance = deployment.governance.pubkey();
    deployment
        .govern(&[instruction::create_vault(payer, governance, mint, address::TOKEN_2022, source, params)])
        .unwrap();
    let vault = address::vault(&mint, 1);
    assert_eq!(deployment.vault(&vault).unwrap().token_program, address::TOKEN_2022);

    let mandate = deployment.open_mandate();
    let other = deployment.mint(6).unwrap();
    let person = deployment.person(&other, 0, mandate).unwrap();
    let wallet = token_2022::fund(&mut deployment, &person.address(), &mint, 500_000_000).unwrap();
    deployment.deposit(&person, &vault, 500_000_000).unwrap();
    assert_eq!(token::balance(&deployment.world, &wallet).unwrap(), 0);
    let idle = deployment.vault(&vault).unwrap().idle_account;
    assert_eq!(token::balance(&deployment.world, &idle).unwrap(), 501_000_000);
    let shares = deployment.position(&vault, &person.address()).unwrap().shares;
    deployment.world.next_slot();
    deployment.withdraw(&person, &vault, shares).unwrap();
    let back = token::balance(&deployment.world, &wallet).unwrap();
    assert!((499_999_999..=500_000_000).contains(&back), "{back}");
    assert_eq!(token::balance(&deployment.world, &idle).unwrap(), 501_000_000 - back);
}

#[test]
fn spec_2_a_plain_freeze_authority_is_accepted() {
    let (mut deployment, mint) = deployment();
    let data = token::mint_data(None, 0, 6, Some(&Pubkey::new_unique()));
    deployment.world.set_data(&mint, &address::TOKEN, data).unwrap();
    let params = changed(&deployment, mint, |_| {});
    create(&mut deployment, mint, params).unwrap();
    assert_eq!(deployment.vault(&address::vault(&mint, 1)).unwrap().idle_atoms, 1_000_000);
}

#[test]
fn spec_2_the_token_program_must_be_the_mints_own() {
    let (mut deployment, mint) = deployment();
    let payer = deployment.world.payer.pubkey();
    let source = token::fund(&mut deployment.world, &payer, &mint, 10_000_000).unwrap();
    let params = changed(&deployment, mint, |_| {});
    let governance = deployment.governance.pubkey();
    let instruction = instruction::create_vault(payer, governance, mint, address::TOKEN_2022, source, params);
    assert_refused(deployment.govern(&[instruction]), BallastError::WrongTokenProgram);
    assert_nothing_was_made(&deployment, &mint, 1);
}

#[test]
fn spec_3_class_mask_and_fees_are_bounded() {
    let (mut deployment, mint) = deployment();
    type Change = fn(&mut CreateVaultParams);
    let cases: [(Change, BallastError); 7] = [
        (|params| params.fee_recipient = Pubkey::default(), BallastError::DefaultKey),
        (|params| params.class = 3, BallastError::InvalidClass),
        (|params| params.asset_class_mask = 0, BallastError::InvalidAssetClass),
        (|params| params.asset_class_mask = asset_class::ALL + 1, BallastError::InvalidAssetClass),
        (|params| params.management_fee_bps = 201, BallastError::FeeTooHigh),
        (|params| params.performance_fee_bps = 2_001, BallastError::FeeTooHigh),
        (|params| params.limits = VaultLimits::default(), BallastError::MinMoveOutOfBounds),
    ];
    for (change, rule) in cases {
        let params = changed(&deployment, mint, change);
        let class = params.class;
        assert_refused(create(&mut deployment, mint, params), rule);
        assert_nothing_was_made(&deployment, &mint, class);
    }
}

#[test]
fn spec_4_the_seed_has_a_minimum_and_must_be_there() {
    let (mut deployment, mint) = deployment();
    let params = changed(&deployment, mint, |params| params.seed_atoms = MIN_SEED_ATOMS - 1);
    assert_refused(create(&mut deployment, mint, params), BallastError::SeedTooSmall);
    let params = changed(&deployment, mint, |params| params.seed_atoms = 10_000_001);
    assert_refused(create(&mut deployment, mint, params), BallastError::InsufficientBalance);
    assert_nothing_was_made(&deployment, &mint, 1);
    let params = changed(&deployment, mint, |params| params.seed_atoms = MIN_SEED_ATOMS);
    create(&mut deployment, mint, params).unwrap();
}

#[test]
fn spec_4_the_seed_is_of_the_vaults_asset() {
    let (mut deployment, mint) = deployment();
    let other = deployment.mint(6).unwrap();
    let payer = deployment.world.payer.pubkey();
    let source = token::fund(&mut deployment.world, &payer, &other, 10_000_000).unwrap();
    let params = changed(&deployment, mint, |_| {});
    let governance = deployment.governance.pubkey();
    let instruction = instruction::create_vault(payer, governance, mint, address::TOKEN, source, params);
    assert_refused(deployment.govern(&[instruction]), BallastError::WrongMint);
    assert_eq!(token::balance(&deployment.world, &source).unwrap(), 10_000_000);
}

#[test]
fn an_idle_account_that_somebody_made_and_filled_before_changes_nothing() {
    let (mut deployment, mint) = deployment();
    let vault = address::vault(&mint, 1);
    token::fund(&mut deployment.world, &vault, &mint, 777).unwrap();
    let params = changed(&deployment, mint, |_| {});
    create(&mut deployment, mint, params).unwrap();
    let state = deployment.vault(&vault).unwrap();
    assert_eq!(state.idle_atoms, 1_000_000);
    assert_eq!(token::balance(&deployment.world, &state.idle_account).unwrap(), 1_000_777);
}

#[test]
fn idle_assets_are_held_at_the_vaults_derived_address_only() {
    let (mut deployment, mint) = deployment();
    let (vault, payer) = (address::vault(&mint, 1), deployment.world.payer.pubkey());
    let source = token::fund(&mut deployment.world, &payer, &mint, 10_000_000).unwrap();
    let stray = Pubkey::new_unique();
    token::set_token_account(&mut deployment.world, &stray, &mint, &vault, 0).unwrap();
    let params = changed(&deployment, mint, |_| {});
    let governance = deployment.governance.pubkey();
    let mut instruction = instruction::create_vault(payer, governance, mint, address::TOKEN, source, params);
    let own = address::token_account(&vault, &mint, &address::TOKEN);
    instruction.accounts.iter_mut().find(|meta| meta.pubkey == own).unwrap().pubkey = stray;
    assert_refused(deployment.govern(&[instruction]), BallastError::WrongTokenAccount);
    assert_nothing_was_made(&deployment, &mint, 1);
}

#[test]
fn a_vault_is_created_once() {
    let (mut deployment, mint) = deployment();
    let params = changed(&deployment, mint, |_| {});
    create(&mut deployment, mint, params.clone()).unwrap();
    assert_other_refusal(create(&mut deployment, mint, params), ALREADY_IN_USE);
    assert_eq!(deployment.vault(&address::vault(&mint, 1)).unwrap().idle_atoms, 1_000_000);
}
