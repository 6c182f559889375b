import Alerting
import HTTP

/// The filter and order of the page's tokens, set by its form.
struct PageFilter: Hashable {
    /// The text to find in the id, name, account, owner, note, alerts or last error.
    var text = ""
    var state: TokenHealth?
    var owner = ""
    var provider = ""
    var host = ""
    /// Whether the rows of an owner are together.
    var groupsByOwner = false
    /// The number of the most urgent rows to skip: they are on the pages before.
    var from = 0

    /// The most rows that paging can reach; beyond them the form helps more.
    static let maximumFrom = 20_000
    /// The longest text: longer words find nothing, because an id has 64 characters.
    static let maximumTextBytes = 256

    /// The parameters of the page that belong to the form.
    static let parameters = ["q", "state", "owner", "provider", "host", "group", "from"]

    init() {}

    init(_ request: HTTPRequest) throws(BadRequest) {
        func word(_ name: String) throws(BadRequest) -> String {
            let word = request.query(name) ?? ""
            guard word.utf8.count <= Self.maximumTextBytes else {
                throw BadRequest("\(name) is longer than \(Self.maximumTextBytes) bytes")
            }
            return word
        }
        text = try word("q")
        owner = try word("owner")
        provider = try word("provider")
        host = try word("host")
        let state = try word("state")
        if !state.isEmpty {
            guard let health = TokenHealth(rawValue: state) else {
                let known = TokenHealth.allCases.map(\.rawValue).joined(separator: ", ")
                throw BadRequest("state must be one of \(known)")
            }
            self.state = health
        }
        let group = try word("group")
        guard group.isEmpty || group == "owner" else { throw BadRequest("group must be owner") }
        groupsByOwner = !group.isEmpty
        from = try request.number("from", in: 0...Self.maximumFrom) ?? 0
    }

    /// Whether the filter may exclude some tokens.
    var isNarrow: Bool {
        !text.isEmpty || state != nil || !owner.isEmpty || !provider.isEmpty || !host.isEmpty
    }

    func includes(_ token: TokenSnapshot) -> Bool {
        if let state, token.state.health != state { return false }
        let settings = token.settings
        guard Self.holds(settings.owner, owner), Self.holds(settings.provider, provider),
            Self.holds(settings.host, host)
        else { return false }
        guard !text.isEmpty else { return true }
        let known = token.state.known
        return [
            settings.id.text, known?.name, known?.accountWords, settings.owner, settings.note,
            token.failedOutcome?.rawValue, token.state.lastError,
        ].contains { Self.holds($0, text) }
            || token.state.shownAlerts.contains { Self.holds($0.condition.rawValue, text) }
    }

    /// Whether a text contains a word, in any case; `*` stands for any characters.
    private static func holds(_ text: String?, _ word: String) -> Bool {
        guard !word.isEmpty else { return true }
        guard let text else { return false }
        return word.contains("*")
            ? Glob(word).matchesIgnoringCase(text)
            : text.lowercased().contains(word.lowercased())
    }

    /// Returns the address of the page with this filter.
    func address(refresh: Int? = nil) -> String {
        let pairs = [
            ("q", text), ("state", state?.rawValue ?? ""), ("owner", owner),
            ("provider", provider), ("host", host), ("group", groupsByOwner ? "owner" : ""),
            ("from", from > 0 ? "\(from)" : ""), ("refresh", refresh.map(String.init) ?? ""),
        ]
        let query = pairs.filter { !$0.1.isEmpty }
            .map { "\($0.0)=\($0.1.percentEncoded)" }
        return query.isEmpty ? "/" : "/?" + query.joined(separator: "&")
    }
}

/// The form that filters the list of tokens.
struct PageSearch {
    let filter: PageFilter
    let refresh: Int?

    func write(into html: inout HTMLWriter) {
        html.element("form", ["class": "search", "method": "get", "action": "/"]) { html in
            input("q", "Search", filter.text, into: &html)
            html.markup("<label>State<select name=\"state\"><option value=\"\">any</option>")
            for health in TokenHealth.allCases {
                let value = health.rawValue
                let isChosen = health == filter.state
                html.element(
                    "option",
                    isChosen ? ["value": value, "selected": ""] : ["value": value],
                    text: value
                )
            }
            html.markup("</select></label>")
            input("owner", "Owner", filter.owner, into: &html)
            input("provider", "Provider", filter.provider, into: &html)
            input("host", "Host", filter.host, into: &html)
            html.markup("<label class=\"check\">")
            html.markup("<input type=\"checkbox\" name=\"group\" value=\"owner\"")
            if filter.groupsByOwner { html.markup(" checked") }
            html.markup(">group by owner</label>")
            if let refresh {
                html.open("input", ["type": "hidden", "name": "refresh", "value": "\(refresh)"])
            }
            html.markup("<button>Show</button>")
            if filter.isNarrow || filter.groupsByOwner {
                html.markup(" <a href=\"/\">all tokens</a>")
            }
        }
    }

    private func input(
        _ name: String,
        _ label: String,
        _ value: String,
        into html: inout HTMLWriter
    ) {
        html.markup("<label>")
        html.text(label)
        let bound = "\(PageFilter.maximumTextBytes)"
        html.open(
            "input",
            ["type": "search", "name": name, "value": value, "maxlength": bound]
        )
        html.markup("</label>")
    }
}
