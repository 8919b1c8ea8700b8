-- Tokens whose cost nobody knows: no client said it, and their model has no price. Where there are some, the cost is a lower bound.
-- Of rows that were written before, those without a cost count as unknown: nothing told them apart from what is free.
ALTER TABLE spans COMMENT COLUMN cost_estimated
    '1: the cost follows from the tokens by a list of prices; 2: nobody knows what the tokens cost';

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
