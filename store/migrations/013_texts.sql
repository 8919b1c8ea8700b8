-- The indexes of words, for databases that an earlier version made. Parts get them when they are merged; until then, their texts are read.
-- docs/STORAGE.md says how to give them to all parts at once.
ALTER TABLE spans
    ADD INDEX IF NOT EXISTS texts lower(replaceAll(concatWithSeparator('\n', name, span_name, model, session_id, user_id, error_type, error_message,
        status_message, input, output), '\xE2\x84\xAA', 'k'))
        TYPE text(tokenizer = 'splitByNonAlpha', posting_list_codec = 'bitpacking');

ALTER TABLE runs
    ADD INDEX IF NOT EXISTS texts lower(replaceAll(concatWithSeparator('\n', if(run_id = lower(hex(trace_id)), '', run_id), flow, version, environment, service,
        session_id, user_id, experiment_id, case_id, error_type, error_message, metadata, arrayStringConcat(step_names, '\0'),
        arrayStringConcat(call_names, '\0'), arrayStringConcat(models, '\0')), '\xE2\x84\xAA', 'k'))
        TYPE text(tokenizer = 'splitByNonAlpha', posting_list_codec = 'bitpacking');
