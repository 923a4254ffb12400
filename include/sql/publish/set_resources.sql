-- Purpose: joins of the whole archive in memory, not in files, and without more processes, whose start takes longer than
-- what they would do; until the transaction ends. Safe to repeat: yes.
set local work_mem = '256MB';
set local max_parallel_workers_per_gather = 0
