//! The path of rules for one person, in or out of the audience: the same code as the plan.
