-- Purpose: joins of the whole archive in memory, not in files, until the transaction ends. Safe to repeat: yes.
set local work_mem = '256MB'
