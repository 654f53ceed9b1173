//! Which mints the vault can hold tokens of.

use anchor_lang::prelude::*;
use anchor_spl::token_2022::spl_token_2022::extension::{
    BaseStateWithExtensions, ExtensionType, StateWithExtensions,
};
use anchor_spl::token_2022::spl_token_2022::state::Mint as MintState;

use crate::error::BallastError;

/// Refuses a Token-2022 mint whose extensions could take, block or tax the vault's transfers.
///
/// Only what is known to be harmless passes: extensions that a later token program adds are refused.
pub fn require_mint_supported(mint: &AccountInfo) -> Result<()> {
    if *mint.owner == anchor_spl::token::ID {
        return Ok(());
    }
    require_keys_eq!(*mint.owner, anchor_spl::token_2022::ID, BallastError::WrongTokenProgram);
    let data = mint.try_borrow_data()?;
    let state = StateWithExtensions::<MintState>::unpack(&data)?;
    for extension in state.get_extension_types()? {
        match extension {
            ExtensionType::MetadataPointer
            | ExtensionType::TokenMetadata
            | ExtensionType::GroupPointer
            | ExtensionType::GroupMemberPointer
            | ExtensionType::TokenGroup
            | ExtensionType::TokenGroupMember => {}
            ExtensionType::TransferFeeConfig => return err!(BallastError::MintHasTransferFee),
            ExtensionType::TransferHook => return err!(BallastError::MintHasTransferHook),
            ExtensionType::PermanentDelegate => return err!(BallastError::MintHasPermanentDelegate),
            ExtensionType::DefaultAccountState => return err!(BallastError::MintDefaultFrozen),
            _ => return err!(BallastError::MintExtensionUnsupported),
        }
    }
    Ok(())
}
