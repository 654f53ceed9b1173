//! Which venue programs a test runs on.

use ballast_sandbox::{Fixture, FixtureSpec, Programs};
use ballast_tests::bytecode;

/// Start of every fixture, unix seconds.
const START_TS: i64 = 1_700_000_000;

/// Ballast beside one set of venue programs.
#[derive(Clone, Copy)]
pub struct Binaries<'a> {
    programs: &'a Programs,
    /// Whether the venues are the real programs.
    pub real: bool,
}

impl Binaries<'_> {
    /// A fixture on these programs.
    pub fn fixture(&self, spec: FixtureSpec) -> Fixture {
        let mut fixture = Fixture::build(self.programs, START_TS, spec).unwrap();
        if self.real {
            // Public klend binaries take calls from other programs only below a program on their list.
            fixture.deployment.world.deploy(&pass_through::ID, bytecode::pass_through()).unwrap();
            fixture.deployment.world.call_through(pass_through::ID);
        }
        fixture
    }
}

/// Runs `test` on the stand-ins, and on the real programs where there are any.
pub fn on_all(test: impl Fn(Binaries)) {
    test(Binaries { programs: bytecode::programs(), real: false });
    if let Some(real) = Programs::load_real() {
        test(Binaries { programs: &real.unwrap(), real: true });
    }
}

/// Runs `test` on the stand-ins, and says why not on real programs where there are any.
pub fn on_stand_ins(why: &str, test: impl Fn(Binaries)) {
    test(Binaries { programs: bytecode::programs(), real: false });
    if Programs::load_real().is_some() {
        println!("not run on the real programs: {why}");
    }
}
