use super::{HoldReason, Policy, PortfolioView, Targets};

/// Never moves: what the first decision set up is what is measured.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hold;

impl Policy for Hold {
    fn name(&self) -> &'static str {
        "hold"
    }

    fn decide(&mut self, view: &PortfolioView) -> Targets {
        view.hold(HoldReason::ByDesign)
    }
}
