-- Columns that came later, for databases that an earlier version made. In a new one the statements above have them all.
-- Tokens whose cost nobody knows: no client said it, and their model has no price. Of runs that were written before, those without
-- a cost count as unknown: nothing told them apart from what is free.
ALTER TABLE spans
    ADD COLUMN IF NOT EXISTS step_role UInt8 AFTER step_fallback;

ALTER TABLE runs
    ADD COLUMN IF NOT EXISTS unpriced_tokens UInt64 DEFAULT if(cost = 0, input_tokens + output_tokens, 0)
        COMMENT 'input and output whose cost nobody knows' AFTER cost,
    ADD COLUMN IF NOT EXISTS model_unpriced_tokens Array(UInt64) DEFAULT arrayMap((cost, input, output) ->
        if(cost = 0, input + output, 0), model_costs, model_input_tokens, model_output_tokens) AFTER model_costs,
    ADD COLUMN IF NOT EXISTS step_unpriced_tokens Array(UInt64) DEFAULT arrayMap((cost, input, output) ->
        if(cost = 0, input + output, 0), step_costs, step_input_tokens, step_output_tokens) AFTER step_costs;

ALTER TABLE run_minutes
    ADD COLUMN IF NOT EXISTS unpriced_tokens UInt64 DEFAULT if(cost = 0, input_tokens + output_tokens, 0) AFTER cost;

ALTER TABLE step_minutes
    ADD COLUMN IF NOT EXISTS unpriced_tokens UInt64 DEFAULT if(cost = 0, input_tokens + output_tokens, 0) AFTER cost;
