import Sandbox

/// The choices of a soak; an entry that is there twice is drawn twice as often.
enum SoakChances {
    /// How the answers about a token go wrong, as the stand-in's JSON has it.
    static let faults = [
        #"{"status": 500}"#, #"{"status": 503, "times": 1}"#,
        #"{"status": 429, "retry_after": "1s", "times": 1}"#, #"{"status": 404}"#,
        #"{"latency": "60s"}"#, #"{"latency": "200ms"}"#, #"{"latency": "30ms"}"#,
        #"{"cut": "before_answer"}"#, #"{"cut": "in_head"}"#, #"{"cut": "in_body"}"#,
        #"{"body": "truncated"}"#, #"{"body": "garbage"}"#, #"{"body": "html"}"#,
        #"{"body": "bad_date"}"#, #"{"body": "wrong_type:/token/permissions"}"#,
    ]

    /// What a token may hold.
    static let held: [Set<String>] = [
        ["dns:list"], ["dns:*"], ["dns:list", "dns:add"], ["dns:list", "dns:*"],
        ["dns:*", "vps:*"], ["vps:list"], [],
    ]

    /// How the receiver of webhooks goes wrong.
    static let refusals: [Fault] = {
        var busy = Fault()
        busy.status = 503
        busy.times = 1
        var dead = Fault()
        dead.status = 500
        var limited = Fault()
        limited.status = 429
        limited.retryAfter = "1"
        limited.times = 2
        var cut = Fault()
        cut.cut = .inHead
        cut.times = 1
        var slow = Fault()
        slow.latency = .milliseconds(150)
        slow.times = 20
        var late = Fault()
        late.latency = .milliseconds(10)
        return [busy, dead, limited, cut, slow, slow, late, late]
    }()
}
