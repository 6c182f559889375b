/// The `MESSAGE_ID` of each type of event (systemd.journal-fields(7)).
///
/// `journalctl MESSAGE_ID=…` finds all events of one type, and a message catalogue (catalog(5)) can
/// explain them. The ids are random 128-bit numbers in lower-case hexadecimal. They never change.
enum JournalMessageID {
    /// Returns the id of a type; nil if the type has none.
    static func of(type: String) -> String? { table[type] }

    static let table = [
        "expired": "a3ca7498e94f94227bf902fd9adabf28",
        "rejected": "1f8dfff81f937bf253e2e7e9a9d7b034",
        "no_secret": "da4c0b2da4c7a3906808d74e503dc761",
        "account_mismatch": "35a4d3a6dcb07f61b71523e9ac83bcb1",
        "permissions_missing": "ad107020f656e315f8d7906455df3dc5",
        "used_elsewhere": "bf9e07f68562b1b960b4f5ba474ad01b",
        "expiring": "ef1d1afe2d63dc355cd06a9b422cb758",
        "permissions_excess": "ade4b80aab0ab849e9dfd3ba2fdbf9d3",
        "no_expiry": "f74b8092d437672b926f727619a838ab",
        "unreachable": "e09774bcaa92b81e635022e9deb1f872",
        "malformed": "62041925a8c0475e1b36bfea43aa98c5",
        "unobservable": "0c869a4f7d4fc2eab3a1010f65fee696",
        "duplicate": "3b52f5313b8da7b786246990c4024acf",
        "unused": "883231959f870cdfcdd2c27a81e31620",
        "host_unreachable": "7255a86a9ab27b23dd86d71506376281",
        "host_rejecting": "b62be216478c12ddfd5822aa3bc55a05",
        "clock_wrong": "db61f5f4e083a02323d6e2a473f02d20",
        "config_rejected": "bae9ade466094ad9358d9c67683baf16",
        "channel_failing": "fcaec3a948ec1a5fd0fe9da87ffd7652",
        "heartbeat_failing": "cb4fa7a159e04529b09012a753159462",
        "store_failing": "eb8b544c68d0b9d9724e2a9621b85f45",
        "out_of_resources": "3a63d04a375b46f38c3715d824487575",
        "falling_behind": "84a2a864a598554b564cbcac1644e792",
        "permissions_changed": "125a1daf2816c4cace8c5be9c8c2fa9b",
        "expiry_changed": "c079b607c5c8cc5bb2b8f6d20974a364",
        "account_changed": "0e8234071d61be892f4a24e554cdaf31",
        "renamed": "f7d687c7fe46184d182fea27950de4ad",
        "rotated": "8584f0dd4d698b50f6af6d816fe37b4d",
        "first_seen": "b3279c557ba62c467c8529a1bdba2861",
        "forgotten": "9e5378723c7a3a9f5c8323885598b94b",
        "left_list": "162c8be3cf3351e33216480c10530f68",
        "muted": "6a1c6b2e26d34bf4f81fb738630c42df",
        "unmuted": "969c2e56d00d594ddf4bf4c14741b10e",
        "test": "303b2abb99384d9305d9e4e6404c0e5f",
    ]
}
