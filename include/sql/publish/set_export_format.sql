-- Purpose: dates as YYYY-MM-DD, whatever the server's default, until the transaction ends.
-- Safe to repeat: yes.
set local datestyle = 'ISO, YMD'
