"""The incident, on a private throwaway server.

`demonstration.incident_server` is what `fkdash demo` and the screenshots use: a
server of our own (`server.throwaway_server`) with the database that
`incident.load` fills. The keeper process (`keeper`) holds the server in a
private directory (`directories`, `cluster`) and outlives us just long enough to
remove both.
"""
