import Alerting
import Formats

/// Reads `[inventories]`: administrators' tokens, and how to watch the tokens of their lists.
extension TokenDecoder {
    /// The result of reading `[inventories]`.
    struct Inventories {
        /// The administrators' tokens, in the order of their ids.
        var tokens: [WatchedToken] = []
        var inventories: [Inventory] = []
    }

    /// The keys of an inventory that other tokens do not have.
    private struct InventoryKeys {
        let only: [Glob]
        let except: [Glob]
        let keepExpired: Duration
        let reportsNew: Bool
    }

    /// The inventories, and the settings of single listed tokens in them.
    ///
    /// - Parameters:
    ///   - table: the table `[inventories]`.
    ///   - tokens: the table `[tokens]`, which may contain single listed tokens.
    /// - Returns: the inventories without errors.
    mutating func inventories(
        _ table: ConfigurationTable?,
        tokens: ConfigurationTable?
    ) -> Inventories {
        var result = Inventories()
        var single = listedTokens(tokens)
        for entry in table.map({ Array($0.entries) }) ?? [] {
            guard let id = report.name(entry, of: "an inventory"),
                let table = report.table(entry, in: "inventories")
            else { continue }
            if let place = tokens?[entry.key]?.keyPlace {
                report.error(
                    entry.keyPlace,
                    "inventories.\(id) and the token at \(report.name(of: place)) have the same name; "
                        + "rename one of them"
                )
            }
            inventory(id, table, single.removeValue(forKey: id) ?? [], into: &result)
        }
        for (id, listed) in single {
            for (token, _, place) in listed {
                report.missing(
                    place,
                    "tokens.\"\(token)\" is a token of an inventory, and there is no "
                        + "[inventories.\(id)]"
                )
            }
        }
        result.tokens.sort { $0.settings.id < $1.settings.id }
        return result
    }

    private typealias Listed = (id: TokenID, table: ConfigurationTable, place: FilePlace)

    /// The tables of `[tokens]` for listed tokens, by inventory.
    private func listedTokens(_ table: ConfigurationTable?) -> [TokenID: [Listed]] {
        var listed: [TokenID: [Listed]] = [:]
        guard let table else { return listed }
        for key in table.keys where key.utf8.contains(UInt8(ascii: "/")) {
            guard let id = TokenID.written(key), let inventory = id.inventory,
                let entry = table[key], case .table(let table) = entry.value
            else { continue }
            listed[inventory, default: []].append((id, table, entry.keyPlace))
        }
        return listed
    }

    private mutating func inventory(
        _ id: TokenID,
        _ table: ConfigurationTable,
        _ single: [Listed],
        into result: inout Inventories
    ) {
        var reader = TableReader(table, path: "inventories.\(id)", report: report)
        let (named, access) = access(&reader)
        let keys = keys(&reader)
        let own = inventoryKeys(&reader)
        let mayHaveOthers = named == nil || (!report.isWhole && table["provider"] == nil)
        reader.finish(onlySlips: mayHaveOthers)
        let policy = policy(of: keys, over: self.policy)
        if let named, !mayHaveOthers {
            guard let list = named.profile.list else {
                return report.error(
                    table["provider"]?.keyPlace ?? table.place,
                    "\(reader.path): \(named.profile.name) lists no tokens; set provider to one that does, "
                        + "or watch one token with [tokens.\(id)]"
                )
            }
            check(policy, keys, named, tells: list.tells, reader)
        }
        let usual = access.map { settings(id, $0.provider, policy, keys) }
        let overrides = single.compactMap { token in
            self.override(token, policy, keys, named, access).map { (token.id, $0) }
        }
        guard let usual, let access, let secret = keys.secret else { return }
        result.inventories.append(
            Inventory(
                id: id,
                usual: usual,
                overrides: Dictionary(overrides) { first, _ in first },
                only: own.only,
                except: own.except,
                keepExpired: own.keepExpired,
                reportsNew: own.reportsNew
            )
        )
        // The daemon judges only the facts of listed tokens.
        result.tokens.append(
            WatchedToken(
                settings: TokenSettings(
                    id: id,
                    provider: access.provider,
                    policy: shared(policy.withoutFacts),
                    statedExpiry: keys.expires,
                    owner: keys.owner,
                    renewURL: keys.renewURL,
                    note: keys.note
                ),
                secret: secret.value.copied,
                access: access,
                secretPlace: secret.place
            )
        )
    }

    /// Reads the settings of one listed token; the inventory has the defaults.
    private mutating func override(
        _ token: Listed,
        _ base: Policy,
        _ usual: TokenKeys,
        _ named: NamedProfile?,
        _ access: ProviderAccess?
    ) -> TokenSettings? {
        var reader = TableReader(token.table, path: "tokens.\"\(token.id)\"", report: report)
        var keys = keys(&reader, hasSecret: false)
        reader.finish()
        let policy = policy(of: keys, over: base)
        if let named, let list = named.profile.list {
            check(policy, keys, named, tells: list.tells, reader)
        }
        keys.account = keys.account ?? usual.account
        keys.canary = keys.canary ?? usual.canary
        keys.unusedAfter = keys.unusedAfter ?? usual.unusedAfter
        keys.owner = keys.owner ?? usual.owner
        keys.renewURL = keys.renewURL ?? usual.renewURL
        keys.note = keys.note ?? usual.note
        return access.map { settings(token.id, $0.provider, policy, keys, expires: keys.expires) }
    }

    /// Returns the settings of a token; listed tokens do not inherit the administrator's expiry.
    func settings(
        _ id: TokenID,
        _ provider: TokenProvider,
        _ policy: Policy,
        _ keys: TokenKeys,
        expires: Instant? = nil
    ) -> TokenSettings {
        TokenSettings(
            id: id,
            provider: provider,
            policy: policy,
            account: keys.account,
            isCanary: keys.canary?.value ?? false,
            unusedAfter: keys.unusedAfter?.value,
            statedExpiry: expires,
            owner: keys.owner,
            renewURL: keys.renewURL,
            note: keys.note
        )
    }

    /// Reads every key of an inventory, so that the reader knows them.
    mutating func noteInventoryKeys(_ reader: inout TableReader) {
        noteKeys(&reader)
        _ = inventoryKeys(&reader)
    }

    private func inventoryKeys(_ reader: inout TableReader) -> InventoryKeys {
        InventoryKeys(
            only: patterns("only", &reader),
            except: patterns("except", &reader),
            keepExpired: reader.duration(
                "keep_expired",
                like: "7d",
                in: .hours(1)...(.days(3650))
            )?.value ?? Inventory.usualKeepExpired,
            reportsNew: reader.boolean("report_new")?.value ?? false
        )
    }

    private func patterns(_ key: String, _ reader: inout TableReader) -> [Glob] {
        let allowed = "an array of patterns of token names such as [\"ci-*\"]"
        guard let list = reader.strings(key, allowed: allowed) else { return [] }
        // The list is limited because the daemon matches each pattern with every name.
        guard (1...100).contains(list.value.count), !list.value.contains(where: \.value.isEmpty)
        else {
            report.error(
                list.place,
                "\(reader.name(of: key)) must be \(allowed): 1 to 100 of them, none empty"
            )
            return []
        }
        return list.value.map { Glob($0.value) }
    }
}
