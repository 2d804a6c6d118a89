//! Policies that allow more than somebody has thought of.

use hcl_edit::expr::Expression;
use hcl_edit::structure::Block;

use super::module::{File, Module, label};

/// Actions that AWS knows for all resources only.
const WITHOUT_RESOURCE: [&str; 1] = ["ecr:GetAuthorizationToken"];

pub(crate) fn check(module: &Module, findings: &mut Vec<String>) {
    for (file, block) in
        module.blocks("data").filter(|(_, block)| label(block, 0) == "aws_iam_policy_document")
    {
        for statement in block.body.get_blocks("statement") {
            self::statement(file, block, statement, findings);
        }
    }
}

fn statement(file: &File, document: &Block, statement: &Block, findings: &mut Vec<String>) {
    let at = format!("{}: policy {}", file.at_block(statement), label(document, 1));
    let actions = texts(statement, "actions");
    for action in actions.iter().filter(|action| action.contains('*')) {
        findings.push(format!("{at}: the action {action:?} has a wildcard; name the actions"));
    }
    let everywhere = texts(statement, "resources").iter().any(|resource| resource == "*");
    let may = |action: &String| WITHOUT_RESOURCE.contains(&action.as_str());
    if everywhere && !actions.iter().all(may) {
        findings.push(format!("{at}: it allows {} on every resource; name them", actions.join(", ")));
    }
    for principals in statement.body.get_blocks("principals") {
        if texts(principals, "identifiers").iter().any(|identifier| identifier == "*") {
            findings.push(format!("{at}: everybody is a principal; name them"));
        }
    }
}

/// The texts of a list, as far as they are plain.
fn texts(block: &Block, name: &str) -> Vec<String> {
    let list = block.body.get_attribute(name).and_then(|attribute| attribute.value.as_array());
    let plain = list.into_iter().flatten().filter_map(Expression::as_str);
    plain.map(str::to_owned).collect()
}
