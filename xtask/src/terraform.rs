//! The worked example's Terraform, checked without the providers.
//!
//! Current provider plugins come from registries that a machine without internet does not reach. So the files are
//! checked against the schema that the CDKTF bindings of the providers carry (`cargo xtask terraform-schema` reads it
//! once; `fixtures/terraform/schema.json` keeps what is used of it), and against each other: every reference, every
//! module call, both regions, and policies that allow too much. Terraform itself formats, loads the modules, and
//! validates and tests those that need no provider; tflint applies its rules for Terraform. What only `terraform plan` knows stays unchecked: values,
//! conditions between arguments, and whether AWS agrees.

mod check;
pub(crate) mod fetch;
mod module;
mod names;
mod policy;
pub(crate) mod programs;
mod schema;

pub(crate) use check::findings;
pub(crate) use schema::Schema;
