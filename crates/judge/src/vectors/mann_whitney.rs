//! Kayenta's classic judge, against SciPy's figures and exact jump points.

use super::{check, number, numbers};
use crate::classic::{
    Classification, Options, classify, cohen_d, common_language, mann_whitney, mean_ratio, shift,
};

#[test]
fn mann_whitney_interval_effect_and_class() {
    check("mann_whitney", 30, |case| {
        let (canary, baseline) = (numbers(&case.input["canary"]), numbers(&case.input["baseline"]));
        let test = mann_whitney(&canary, &baseline);
        case.close("u", test.u);
        case.close("p_two_sided", test.p_two_sided);
        case.close("p_greater", test.p_greater);
        match test.p_exact {
            Some(p) => case.close("p_exact", p),
            None => assert!(case.expect["p_exact"].is_null(), "{}", case.id),
        }
        let options = Options {
            confidence: case.input("confidence"),
            tolerance: case.input("tolerance"),
            ..Options::default()
        };
        let shift = shift(&canary, &baseline, options.confidence);
        case.close("ci_low", shift.low);
        case.close("ci_high", shift.high);
        let range = numbers(&case.expect["estimate_range"]);
        case.near("range low", &range[0].into(), shift.range[0]);
        case.near("range high", &range[1].into(), shift.range[1]);
        case.near("estimate", &case.expect["hodges_lehmann"], shift.estimate);
        case.close("mean_ratio", mean_ratio(&canary, &baseline));
        case.close("cohen_d", cohen_d(&canary, &baseline));
        case.close("cles", common_language(&canary, &baseline));
        let wanted = match case.expect["classification"].as_str().unwrap() {
            "High" => Classification::High,
            "Low" => Classification::Low,
            _ => Classification::Pass,
        };
        assert_eq!(classify(&canary, &baseline, &options), wanted, "{}", case.id);
        assert!(number(&case.expect["u"]) <= (canary.len() * baseline.len()) as f64);
    });
}
