-- How many steps a run says it had, for databases that an earlier version made.
ALTER TABLE spans
    ADD COLUMN IF NOT EXISTS declared_steps UInt32 AFTER step_role;

ALTER TABLE runs
    ADD COLUMN IF NOT EXISTS lost_steps UInt32 AFTER incomplete;
