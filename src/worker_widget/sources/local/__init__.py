"""This process as an event source: functions, blocks of code and watched frameworks, without HTTP.

local_run ──────── one run in this process, as code adds to it and as a `RunSource`
runs_here ──────── the open runs of this process
functions_here ─── the workers of this process
local_workers ──── the functions of this process as a `WorkerServer`
"""
