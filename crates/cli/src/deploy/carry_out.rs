//! The last step of a deployment, and the proof that it did what it should.

use anchor_lang::solana_program::bpf_loader_upgradeable;
use ballast_client::ChainClient;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::loader::{Deployed, PROGRAM_LEN, hash};
use super::{Release, RentRate, Signers, buffer};
use crate::error::CliError;

/// The loader extends programs by this much at least, bytes.
const LEAST_EXTENSION: usize = 10_240;

/// How often to look whether the next slot has come.
const LOOKS: usize = 60;

/// Deploys `release` where no program is yet. Returns the signature of the deployment.
pub fn deploy(
    chain: &mut dyn ChainClient,
    release: &Release<'_>,
    signers: &Signers<'_>,
    progress: &mut dyn FnMut(&str),
) -> Result<String, CliError> {
    let program = signers.program.filter(|key| key.pubkey() == release.program).ok_or_else(|| {
        CliError::input(format!(
            "{} can only be deployed with its own key, which is not here",
            release.program
        ))
    })?;
    require_authority(release, signers)?;
    let from = buffer::fill(chain, release, signers, progress)?;
    let rent = RentRate::read(chain)?.exempt(PROGRAM_LEN);
    let instructions = bpf_loader_upgradeable::deploy_with_max_program_len(
        &signers.payer.pubkey(),
        &release.program,
        &from,
        &release.authority,
        rent,
        release.capacity(),
    )
    .map_err(CliError::environment)?;
    let landed = chain.send(&instructions, &[signers.payer, program, signers.authority])?;
    settle(chain, landed.slot)?;
    verify(chain, release)?;
    Ok(landed.signature.to_string())
}

/// Replaces the bytecode of the program `found`. Returns the signature of the upgrade.
pub fn upgrade(
    chain: &mut dyn ChainClient,
    release: &Release<'_>,
    found: &Deployed,
    signers: &Signers<'_>,
    progress: &mut dyn FnMut(&str),
) -> Result<String, CliError> {
    require_authority(release, signers)?;
    if found.authority != Some(release.authority) {
        return Err(CliError::refused(authority_differs(release, found)));
    }
    let from = buffer::fill(chain, release, signers, progress)?;
    if let Some(extend) = extension(release, found, &signers.payer.pubkey())? {
        let landed = chain.send(&[extend], &[signers.payer])?;
        progress(&format!("made room for {} bytes", release.capacity()));
        // The loader neither extends nor upgrades what changed in the same slot.
        settle(chain, landed.slot)?;
    }
    let payer = signers.payer.pubkey();
    let upgrade = bpf_loader_upgradeable::upgrade(&release.program, &from, &release.authority, &payer);
    let landed = chain.send(&[upgrade], &[signers.payer, signers.authority])?;
    settle(chain, landed.slot)?;
    verify(chain, release)?;
    Ok(landed.signature.to_string())
}

/// Why `release`'s authority cannot upgrade `found`.
pub fn authority_differs(release: &Release<'_>, found: &Deployed) -> String {
    match found.authority {
        Some(authority) => format!(
            "the upgrade authority of {} is {authority}: {} cannot upgrade it",
            release.program, release.authority
        ),
        None => format!("{} is final: nobody can upgrade it", release.program),
    }
}

fn require_authority(release: &Release<'_>, signers: &Signers<'_>) -> Result<(), CliError> {
    let key = signers.authority.pubkey();
    if key == release.authority {
        return Ok(());
    }
    Err(CliError::input(format!("upgrade authority {} has to sign, not {key}", release.authority)))
}

/// Room for bytecode that is longer than what was foreseen.
fn extension(
    release: &Release<'_>,
    found: &Deployed,
    payer: &Pubkey,
) -> Result<Option<Instruction>, CliError> {
    if found.code.len() >= release.bytecode.len() {
        return Ok(None);
    }
    let more = release.capacity().saturating_sub(found.code.len()).max(LEAST_EXTENSION);
    let more = u32::try_from(more).map_err(|_| CliError::input("the bytecode is too long"))?;
    Ok(Some(bpf_loader_upgradeable::extend_program(&release.program, Some(payer), more)))
}

/// Waits for the slot after `slot`: a program can be called, or changed again, from then on.
fn settle(chain: &dyn ChainClient, slot: u64) -> Result<(), CliError> {
    for _ in 0..LOOKS {
        if chain.clock()?.slot > slot {
            return Ok(());
        }
        chain.pause();
    }
    Ok(())
}

/// Reads the program back: it must be what was to be deployed, byte for byte.
fn verify(chain: &dyn ChainClient, release: &Release<'_>) -> Result<(), CliError> {
    let found = Deployed::read(chain, &release.program)?.ok_or_else(|| {
        CliError::refused(format!("{} is no program after the deployment", release.program))
    })?;
    if found.runs(release.bytecode) && found.authority == Some(release.authority) {
        return Ok(());
    }
    Err(CliError::refused(format!(
        "{} runs bytecode {} after the deployment, not {}",
        release.program,
        hash(&found.code),
        hash(release.bytecode)
    )))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn room_is_made_only_where_it_is_short() {
        let key = |byte| Pubkey::new_from_array([byte; 32]);
        let bytecode = vec![1; 100_000];
        let release =
            Release { program: key(1), authority: key(2), bytecode: &bytecode, headroom_bps: 1_000 };
        let found = |len| Deployed { authority: Some(key(2)), code: vec![1; len], lamports: 0 };
        assert_eq!(extension(&release, &found(100_000), &key(3)).unwrap(), None);
        let extend = |len| extension(&release, &found(len), &key(3)).unwrap().unwrap().data;
        // ExtendProgram: tag 6, then the bytes to add.
        let expected = |more: u32| [6u32.to_le_bytes(), more.to_le_bytes()].concat();
        assert_eq!(extend(50_000), expected(60_000));
        assert_eq!(extend(99_999), expected(10_240));
        let said = authority_differs(&release, &Deployed { authority: Some(key(3)), ..found(1) });
        assert!(said.contains(&key(3).to_string()) && said.contains(&key(2).to_string()), "{said}");
    }
}
