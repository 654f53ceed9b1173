//! Transactions that must fail, by exactly one rule, and change nothing.

use crate::refusal::assert_broken;
use ballast::BallastError;
use ballast_sandbox::{Chain, Deployment, Failed};
use solana_account::Account;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// Codes of refusals that are not Ballast's own.
pub mod code {
    /// Anchor: a seeds constraint was violated.
    pub const CONSTRAINT_SEEDS: u32 = 2_006;
    /// Anchor: the account holds another type.
    pub const ACCOUNT_DISCRIMINATOR_MISMATCH: u32 = 3_002;
    /// Anchor: the account is owned by another program.
    pub const ACCOUNT_OWNED_BY_WRONG_PROGRAM: u32 = 3_007;
    /// Anchor: a program account is not the program.
    pub const INVALID_PROGRAM_ID: u32 = 3_008;
    /// Anchor: the account did not sign.
    pub const ACCOUNT_NOT_SIGNER: u32 = 3_010;
    /// Anchor: the account does not exist.
    pub const ACCOUNT_NOT_INITIALIZED: u32 = 3_012;
    /// SPL Token: the account is for another mint.
    pub const TOKEN_MINT_MISMATCH: u32 = 3;
    /// SPL Token: the signer does not own the account.
    pub const TOKEN_OWNER_MISMATCH: u32 = 4;
}

/// Sends `instructions`, which must be refused for breaking `rule` and leave every account as it was.
#[track_caller]
pub fn assert_refused(
    deployment: &mut Deployment,
    instructions: &[Instruction],
    signers: &[&Keypair],
    rule: BallastError,
) {
    let failed = failure_without_effect(deployment, instructions, signers);
    assert_broken(&failed, rule);
}

/// The same for a refusal of Anchor, a token program or a venue, by its code.
#[track_caller]
pub fn assert_code(
    deployment: &mut Deployment,
    instructions: &[Instruction],
    signers: &[&Keypair],
    code: u32,
) {
    let failed = failure_without_effect(deployment, instructions, signers);
    assert_eq!(failed.code, Some(code), "{failed}\n{}", failed.logs.join("\n"));
    assert_eq!(failed.refusal, None, "the refusal is Ballast's own");
}

/// Sends `instructions`, which must fail and leave every account they name as it was, lamports included.
#[track_caller]
pub fn failure_without_effect(
    deployment: &mut Deployment,
    instructions: &[Instruction],
    signers: &[&Keypair],
) -> Failed {
    let before = named_accounts(deployment, instructions);
    let failed = match deployment.world.send(instructions, &needed(instructions, signers)) {
        Ok(done) => panic!("went through:\n{}", done.logs.join("\n")),
        Err(failed) => *failed,
    };
    for (key, account) in before {
        assert_eq!(read(deployment, &key), account, "{key} changed although the transaction failed");
    }
    failed
}

/// Those of `signers` whose signature the instructions ask for.
pub fn needed<'k>(instructions: &[Instruction], signers: &[&'k Keypair]) -> Vec<&'k Keypair> {
    let asked = |key: &Pubkey| {
        let metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
        metas.filter(|meta| meta.is_signer).any(|meta| meta.pubkey == *key)
    };
    signers.iter().copied().filter(|signer| asked(&signer.pubkey())).collect()
}

fn read(deployment: &Deployment, key: &Pubkey) -> Option<Account> {
    deployment.world.account(key).expect("a sandbox can always be read")
}

/// Everything the instructions name but the fee payer, who pays for failures too.
fn named_accounts(deployment: &Deployment, instructions: &[Instruction]) -> Vec<(Pubkey, Option<Account>)> {
    let payer = deployment.world.payer.pubkey();
    let mut keys: Vec<Pubkey> =
        instructions.iter().flat_map(|instruction| &instruction.accounts).map(|meta| meta.pubkey).collect();
    keys.sort();
    keys.dedup();
    keys.retain(|key| *key != payer);
    keys.into_iter().map(|key| (key, read(deployment, &key))).collect()
}

/// `instruction` with every mention of `from` replaced by `to`.
pub fn replaced(mut instruction: Instruction, from: &Pubkey, to: &Pubkey) -> Instruction {
    let mut found = false;
    for meta in instruction.accounts.iter_mut().filter(|meta| meta.pubkey == *from) {
        meta.pubkey = *to;
        found = true;
    }
    assert!(found, "the instruction does not name {from}");
    instruction
}

/// `instruction` with account number `index` replaced by `to`, where one key stands in several places.
pub fn replaced_at(mut instruction: Instruction, index: usize, to: &Pubkey) -> Instruction {
    instruction.accounts[index].pubkey = *to;
    instruction
}

/// `instruction` without the signature of `key`.
pub fn unsigned(mut instruction: Instruction, key: &Pubkey) -> Instruction {
    for meta in instruction.accounts.iter_mut().filter(|meta| meta.pubkey == *key) {
        meta.is_signer = false;
    }
    instruction
}
