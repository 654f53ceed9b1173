//! Token-2022 mints as bytes, with whatever extensions, and accounts of them.

use ballast_client::{address, token as client_token};
use ballast_sandbox::{Chain, ChainError, Deployment, DeploymentError, token};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// Numbers of the extensions used here, as Token-2022 stores them.
pub mod extension {
    /// A fee on every transfer.
    pub const TRANSFER_FEE: u16 = 1;
    /// The mint may be closed.
    pub const CLOSE_AUTHORITY: u16 = 3;
    /// Transfers may hide their amounts.
    pub const CONFIDENTIAL_TRANSFER: u16 = 4;
    /// State of new accounts.
    pub const DEFAULT_ACCOUNT_STATE: u16 = 6;
    /// Tokens stay where they are.
    pub const NON_TRANSFERABLE: u16 = 9;
    /// Displayed amounts grow.
    pub const INTEREST_BEARING: u16 = 10;
    /// Somebody may move anybody's tokens.
    pub const PERMANENT_DELEGATE: u16 = 12;
    /// A program is called on every transfer.
    pub const TRANSFER_HOOK: u16 = 14;
    /// Where metadata is.
    pub const METADATA_POINTER: u16 = 18;
    /// Metadata in the mint itself.
    pub const METADATA: u16 = 19;
    /// Displayed amounts are scaled.
    pub const SCALED_UI_AMOUNT: u16 = 25;
    /// Transfers may be paused.
    pub const PAUSABLE: u16 = 26;
}

const BASE_LEN: usize = 165;
const IS_MINT: u8 = 1;

/// Data of a mint with `extensions`, each a number and its bytes.
pub fn mint_data(authority: &Pubkey, decimals: u8, extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut data = token::mint_data(Some(authority), 0, decimals, Some(authority));
    data.resize(BASE_LEN, 0);
    data.push(IS_MINT);
    for (number, bytes) in extensions {
        let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        data.extend_from_slice(&number.to_le_bytes());
        data.extend_from_slice(&len.to_le_bytes());
        data.extend_from_slice(bytes);
    }
    data
}

/// Writes a mint of six decimals with `extensions` at `key`.
pub fn set_mint(
    deployment: &mut Deployment,
    key: &Pubkey,
    extensions: &[(u16, Vec<u8>)],
) -> Result<(), ChainError> {
    let data = mint_data(&deployment.governance.pubkey(), 6, extensions);
    deployment.world.set_data(key, &address::TOKEN_2022, data)
}

/// The pointer to metadata in the mint itself, and the metadata.
pub fn metadata_of(mint: &Pubkey) -> Vec<(u16, Vec<u8>)> {
    let text = |text: &str| {
        let len = u32::try_from(text.len()).unwrap_or(0);
        [&len.to_le_bytes(), text.as_bytes()].concat()
    };
    let pointer = [Pubkey::default().as_ref(), mint.as_ref()].concat();
    let metadata = [
        Pubkey::default().as_ref(),
        mint.as_ref(),
        &text("Dollar"),
        &text("USDX"),
        &text("https://dollar.example"),
        &0u32.to_le_bytes(),
    ]
    .concat();
    vec![(extension::METADATA_POINTER, pointer), (extension::METADATA, metadata)]
}

/// Gives `owner` an associated account with `atoms` of `mint`, made by the programs themselves.
pub fn fund(
    deployment: &mut Deployment,
    owner: &Pubkey,
    mint: &Pubkey,
    atoms: u64,
) -> Result<Pubkey, DeploymentError> {
    let payer = deployment.world.payer.pubkey();
    let create = client_token::create_token_account(&payer, owner, mint, &address::TOKEN_2022);
    deployment.send(&[create], &[])?;
    let key = address::token_account(owner, mint, &address::TOKEN_2022);
    token::set_balance(&mut deployment.world, &key, atoms)?;
    Ok(key)
}
