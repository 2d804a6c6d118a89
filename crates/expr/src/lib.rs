//! The expression language of successCondition and failureCondition.
