extension BuiltinProviders {
    static let vpsOrg = BuiltinProvider(
        name: "vps.org",
        toml: #"""
            # VPS.org. An active token may ask about itself whatever its permissions.
            # Its documentation has it as "Retrieve account profile and API token information".

            base = "https://admin.vps.org"

            # The slash at the end belongs to it: without it the answer is a redirect.
            url     = "{base}/api/v1/account/me/"
            headers = { Authorization = "Bearer {secret}", Accept = "application/json" }

            # 401 is the answer to an invalid, an expired and a missing token alike. It is told from
            # memory which it is: at or after the known expiry, expired; before it, revoked.
            dead_status = [401]
            expired_if  = { "/token/is_expired" = [true] }

            # Null is a token without an end. One that is not there, or that is no date, makes the
            # answer malformed: it is never taken for "no end".
            expires     = "/token/expires_at"
            # Null until its first use, and the daemon's own polls are uses.
            last_used   = "/token/last_used_at"
            created     = "/token/created_at"
            # Permissions and expiry of a living token can be edited at any time.
            permissions = "/token/permissions"
            name        = "/token/name"
            account     = "/account/email"

            # resource:action; "servers:*" covers every action of servers, and "*:*" everything.
            permission_syntax = "resource:action"
            """#
    )
}
