/// The holder of an account, by the names that a provider reports in addition to its address.
package struct AccountHolder: Hashable, Sendable {
    /// The name of a person.
    package let name: String?
    package let company: String?

    /// Creates a holder; nil if the provider reports neither name.
    package init?(name: String?, company: String?) {
        if name == nil, company == nil { return nil }
        self.name = name
        self.company = company
    }

    /// The holder for people: `Acme Inc. (John Doe) <john@example.com>`, or the known part of it.
    package static func words(name: String?, company: String?, account: String?) -> String? {
        let holder =
            if let name, let company { Optional("\(company) (\(name))") } else { company ?? name }
        guard let holder else { return account }
        return account.map { "\(holder) <\($0)>" } ?? holder
    }
}

extension Facts {
    /// The holder of the account; nil if it is not reported, which takes a word of memory.
    package var holder: AccountHolder? {
        get {
            guard case .value(let holder)? = boxedHolder else { return nil }
            return holder
        }
        set { boxedHolder = newValue.map(Boxed.value) }
    }

    /// The account and its holder, for people.
    package var accountWords: String? {
        AccountHolder.words(name: holder?.name, company: holder?.company, account: account)
    }
}
