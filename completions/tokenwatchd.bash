# Completions of tokenwatchd for bash, made by `tokenwatchd completions`; regenerate it with make completions.
_tokenwatchd() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    local command= options= valued= kind= position=0 i word
    local -a operands=()
    COMPREPLY=()
    if [[ $current == = ]]; then
        current=
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD-2]}
    fi
    if (( COMP_CWORD > 1 )) && [[ ${COMP_WORDS[1]} != -* ]]; then
        command=${COMP_WORDS[1]}
    fi
    case $command in
    run|'')
        options='--config --help'
        valued=' --config '
        case $before in
        --config) kind='file' ;;
        esac
        ;;
    check-config)
        options='--config --no-secrets --strict --json --help'
        valued=' --config '
        case $before in
        --config) kind='file' ;;
        esac
        ;;
    poll)
        options='--config --socket --counts-as-use --json --profile --answer --help'
        valued=' --config --socket --profile --answer '
        case $before in
        --config) kind='file' ;;
        --socket) kind='file' ;;
        --profile) kind='file' ;;
        --answer) kind='file' ;;
        esac
        operands=('list ids' '*')
        ;;
    status)
        options='--problems --all --state --within --owner --covers --sort --at --no-pager --socket --config --json --help'
        valued=' --state --within --owner --covers --sort --at --socket --config '
        case $before in
        --state) kind='some critical warning unknown ok' ;;
        --within) kind='nothing' ;;
        --owner) kind='list owners' ;;
        --covers) kind='nothing' ;;
        --sort) kind='words urgency name expires owner provider' ;;
        --at) kind='nothing' ;;
        --socket) kind='file' ;;
        --config) kind='file' ;;
        esac
        operands=('list ids' '*')
        ;;
    check)
        options='--timeout --socket --config --json --help'
        valued=' --timeout --socket --config '
        case $before in
        --timeout) kind='nothing' ;;
        --socket) kind='file' ;;
        --config) kind='file' ;;
        esac
        operands=('list ids' '*')
        ;;
    can)
        options='--live --socket --config --json --help'
        valued=' --socket --config '
        case $before in
        --socket) kind='file' ;;
        --config) kind='file' ;;
        esac
        operands=('list ids' 'nothing')
        ;;
    explain)
        options='--socket --config --json --help'
        valued=' --socket --config '
        case $before in
        --socket) kind='file' ;;
        --config) kind='file' ;;
        esac
        operands=('list ids')
        ;;
    history)
        options='--socket --config --json --help'
        valued=' --socket --config '
        case $before in
        --socket) kind='file' ;;
        --config) kind='file' ;;
        esac
        operands=('list ids')
        ;;
    events)
        options='--follow --since --socket --config --json --help'
        valued=' --since --socket --config '
        case $before in
        --since) kind='nothing' ;;
        --socket) kind='file' ;;
        --config) kind='file' ;;
        esac
        ;;
    ack)
        options='--reason --for --by --socket --config --json --help'
        valued=' --reason --for --by --socket --config '
        case $before in
        --reason) kind='nothing' ;;
        --for) kind='nothing' ;;
        --by) kind='nothing' ;;
        --socket) kind='file' ;;
        --config) kind='file' ;;
        esac
        operands=('list ids' 'words expired rejected no_secret account_mismatch permissions_missing used_elsewhere expiring permissions_excess no_expiry unreachable malformed unobservable duplicate unused host_unreachable host_rejecting clock_wrong config_rejected channel_failing heartbeat_failing store_failing falling_behind out_of_resources')
        ;;
    unack)
        options='--by --socket --config --json --help'
        valued=' --by --socket --config '
        case $before in
        --by) kind='nothing' ;;
        --socket) kind='file' ;;
        --config) kind='file' ;;
        esac
        operands=('list ids' 'words expired rejected no_secret account_mismatch permissions_missing used_elsewhere expiring permissions_excess no_expiry unreachable malformed unobservable duplicate unused host_unreachable host_rejecting clock_wrong config_rejected channel_failing heartbeat_failing store_failing falling_behind out_of_resources')
        ;;
    acks)
        options='--socket --config --json --help'
        valued=' --socket --config '
        case $before in
        --socket) kind='file' ;;
        --config) kind='file' ;;
        esac
        ;;
    mute)
        options='--host --owner --provider --for --reason --by --socket --config --json --help'
        valued=' --host --owner --provider --for --reason --by --socket --config '
        case $before in
        --host) kind='nothing' ;;
        --owner) kind='list owners' ;;
        --provider) kind='words vps.org addy.io airtable aiven anthropic anthropic-admin asana atlassian atlassian-tokens awx azure-certificates azure-devops azure-secrets bitbucket brevo buildkite buildkite-agent-tokens calendly circleci clickup cloudflare cloudflare-account cloudflare-account-tokens cloudflare-tokens cloudsmith consul consul-tokens contentful crates.io databricks databricks-tokens datadog datadog-access-tokens datadog-application-keys datadog-pat deepgram deepseek digitalocean discord discord-bot dockerhub doppler dropbox elastic elastic-keys elevenlabs fastly fastly-automation-tokens fastly-tokens figma gemini gitea github gitlab gitlab-group gitlab-personal gitlab-project gitlab-service-account google-tokeninfo grafana grafana-tokens groq harbor harbor-robots hcp-terraform hcp-terraform-team-tokens heroku hetzner honeycomb hubspot huggingface intercom jfrog jira jwt kubernetes launchdarkly linear linode mailchimp mailgun mattermost meraki monday netlify new-relic ngrok nomad nomad-tokens notion npm npm-tokens octopus okta okta-tokens openai openai-admin openrouter opsgenie pagerduty pinecone plaid planetscale portainer posthog postman postmark pulumi rancher replicate rfc7662 rundeck scaleway scaleway-keys sendgrid sentry shopify slack snyk sonarqube sonarqube-tokens sourcegraph splunk square stripe supabase tailscale tailscale-keys todoist turso twilio twitch typeform vault vercel vpsbg vultr webflow wise xai ynab zendesk' ;;
        --for) kind='nothing' ;;
        --reason) kind='nothing' ;;
        --by) kind='nothing' ;;
        --socket) kind='file' ;;
        --config) kind='file' ;;
        esac
        operands=('list ids' '*')
        ;;
    unmute)
        options='--host --owner --provider --by --socket --config --json --help'
        valued=' --host --owner --provider --by --socket --config '
        case $before in
        --host) kind='nothing' ;;
        --owner) kind='list owners' ;;
        --provider) kind='words vps.org addy.io airtable aiven anthropic anthropic-admin asana atlassian atlassian-tokens awx azure-certificates azure-devops azure-secrets bitbucket brevo buildkite buildkite-agent-tokens calendly circleci clickup cloudflare cloudflare-account cloudflare-account-tokens cloudflare-tokens cloudsmith consul consul-tokens contentful crates.io databricks databricks-tokens datadog datadog-access-tokens datadog-application-keys datadog-pat deepgram deepseek digitalocean discord discord-bot dockerhub doppler dropbox elastic elastic-keys elevenlabs fastly fastly-automation-tokens fastly-tokens figma gemini gitea github gitlab gitlab-group gitlab-personal gitlab-project gitlab-service-account google-tokeninfo grafana grafana-tokens groq harbor harbor-robots hcp-terraform hcp-terraform-team-tokens heroku hetzner honeycomb hubspot huggingface intercom jfrog jira jwt kubernetes launchdarkly linear linode mailchimp mailgun mattermost meraki monday netlify new-relic ngrok nomad nomad-tokens notion npm npm-tokens octopus okta okta-tokens openai openai-admin openrouter opsgenie pagerduty pinecone plaid planetscale portainer posthog postman postmark pulumi rancher replicate rfc7662 rundeck scaleway scaleway-keys sendgrid sentry shopify slack snyk sonarqube sonarqube-tokens sourcegraph splunk square stripe supabase tailscale tailscale-keys todoist turso twilio twitch typeform vault vercel vpsbg vultr webflow wise xai ynab zendesk' ;;
        --by) kind='nothing' ;;
        --socket) kind='file' ;;
        --config) kind='file' ;;
        esac
        operands=('list ids' '*')
        ;;
    mutes)
        options='--socket --config --json --help'
        valued=' --socket --config '
        case $before in
        --socket) kind='file' ;;
        --config) kind='file' ;;
        esac
        ;;
    poll-now)
        options='--no-wait --socket --config --json --help'
        valued=' --socket --config '
        case $before in
        --socket) kind='file' ;;
        --config) kind='file' ;;
        esac
        operands=('list ids' '*')
        ;;
    reload)
        options='--socket --config --json --help'
        valued=' --socket --config '
        case $before in
        --socket) kind='file' ;;
        --config) kind='file' ;;
        esac
        ;;
    test-notify)
        options='--socket --config --json --help'
        valued=' --socket --config '
        case $before in
        --socket) kind='file' ;;
        --config) kind='file' ;;
        esac
        operands=('list channels' '*')
        ;;
    providers)
        options='--json --help'
        operands=('words vps.org addy.io airtable aiven anthropic anthropic-admin asana atlassian atlassian-tokens awx azure-certificates azure-devops azure-secrets bitbucket brevo buildkite buildkite-agent-tokens calendly circleci clickup cloudflare cloudflare-account cloudflare-account-tokens cloudflare-tokens cloudsmith consul consul-tokens contentful crates.io databricks databricks-tokens datadog datadog-access-tokens datadog-application-keys datadog-pat deepgram deepseek digitalocean discord discord-bot dockerhub doppler dropbox elastic elastic-keys elevenlabs fastly fastly-automation-tokens fastly-tokens figma gemini gitea github gitlab gitlab-group gitlab-personal gitlab-project gitlab-service-account google-tokeninfo grafana grafana-tokens groq harbor harbor-robots hcp-terraform hcp-terraform-team-tokens heroku hetzner honeycomb hubspot huggingface intercom jfrog jira jwt kubernetes launchdarkly linear linode mailchimp mailgun mattermost meraki monday netlify new-relic ngrok nomad nomad-tokens notion npm npm-tokens octopus okta okta-tokens openai openai-admin openrouter opsgenie pagerduty pinecone plaid planetscale portainer posthog postman postmark pulumi rancher replicate rfc7662 rundeck scaleway scaleway-keys sendgrid sentry shopify slack snyk sonarqube sonarqube-tokens sourcegraph splunk square stripe supabase tailscale tailscale-keys todoist turso twilio twitch typeform vault vercel vpsbg vultr webflow wise xai ynab zendesk')
        ;;
    formats)
        options='--config --json --help'
        valued=' --config '
        case $before in
        --config) kind='file' ;;
        esac
        operands=('words json slack discord mattermost rocketchat teams googlechat telegram matrix ntfy gotify pushover zulip pagerduty opsgenie splunk-oncall alertmanager')
        ;;
    render)
        options='--event --resolved --config --json --help'
        valued=' --event --config '
        case $before in
        --event) kind='file' ;;
        --config) kind='file' ;;
        esac
        operands=('words json slack discord mattermost rocketchat teams googlechat telegram matrix ntfy gotify pushover zulip pagerduty opsgenie splunk-oncall alertmanager')
        ;;
    simulate)
        options='--days --config --current --json --help'
        valued=' --days --config --current '
        case $before in
        --days) kind='nothing' ;;
        --config) kind='file' ;;
        --current) kind='file' ;;
        esac
        ;;
    add)
        options='--provider --base-url --owner --expires --inventory --set --no-check --config --socket --help'
        valued=' --provider --base-url --owner --expires --set --config --socket '
        case $before in
        --provider) kind='words vps.org addy.io airtable aiven anthropic anthropic-admin asana atlassian atlassian-tokens awx azure-certificates azure-devops azure-secrets bitbucket brevo buildkite buildkite-agent-tokens calendly circleci clickup cloudflare cloudflare-account cloudflare-account-tokens cloudflare-tokens cloudsmith consul consul-tokens contentful crates.io databricks databricks-tokens datadog datadog-access-tokens datadog-application-keys datadog-pat deepgram deepseek digitalocean discord discord-bot dockerhub doppler dropbox elastic elastic-keys elevenlabs fastly fastly-automation-tokens fastly-tokens figma gemini gitea github gitlab gitlab-group gitlab-personal gitlab-project gitlab-service-account google-tokeninfo grafana grafana-tokens groq harbor harbor-robots hcp-terraform hcp-terraform-team-tokens heroku hetzner honeycomb hubspot huggingface intercom jfrog jira jwt kubernetes launchdarkly linear linode mailchimp mailgun mattermost meraki monday netlify new-relic ngrok nomad nomad-tokens notion npm npm-tokens octopus okta okta-tokens openai openai-admin openrouter opsgenie pagerduty pinecone plaid planetscale portainer posthog postman postmark pulumi rancher replicate rfc7662 rundeck scaleway scaleway-keys sendgrid sentry shopify slack snyk sonarqube sonarqube-tokens sourcegraph splunk square stripe supabase tailscale tailscale-keys todoist turso twilio twitch typeform vault vercel vpsbg vultr webflow wise xai ynab zendesk' ;;
        --base-url) kind='nothing' ;;
        --owner) kind='list owners' ;;
        --expires) kind='nothing' ;;
        --set) kind='nothing' ;;
        --config) kind='file' ;;
        --socket) kind='file' ;;
        esac
        operands=('list ids')
        ;;
    rotate)
        options='--yes --anyway --config --socket --help'
        valued=' --config --socket '
        case $before in
        --config) kind='file' ;;
        --socket) kind='file' ;;
        esac
        operands=('list ids')
        ;;
    remove)
        options='--config --socket --help'
        valued=' --config --socket '
        case $before in
        --config) kind='file' ;;
        --socket) kind='file' ;;
        esac
        operands=('list ids')
        ;;
    add-channel)
        options='--format --min-severity --allow-plain-http --no-check --config --socket --help'
        valued=' --format --min-severity --config --socket '
        case $before in
        --format) kind='words json slack discord mattermost rocketchat teams googlechat telegram matrix ntfy gotify pushover zulip pagerduty opsgenie splunk-oncall alertmanager' ;;
        --min-severity) kind='words info warning critical' ;;
        --config) kind='file' ;;
        --socket) kind='file' ;;
        esac
        operands=('nothing')
        ;;
    remove-channel)
        options='--config --socket --help'
        valued=' --config --socket '
        case $before in
        --config) kind='file' ;;
        --socket) kind='file' ;;
        esac
        operands=('list channels')
        ;;
    backup)
        options='--config --help'
        valued=' --config '
        case $before in
        --config) kind='file' ;;
        esac
        operands=('file')
        ;;
    schema)
        options='--help'
        ;;
    completions)
        options='--socket --config --help'
        valued=' --socket --config '
        case $before in
        --socket) kind='file' ;;
        --config) kind='file' ;;
        esac
        operands=('words bash zsh fish')
        ;;
    help)
        options='--help'
        operands=('words run check-config poll status check can explain history events ack unack acks mute unmute mutes poll-now reload test-notify providers formats render simulate add rotate remove add-channel remove-channel backup schema completions help version')
        ;;
    version)
        options='--help'
        ;;
    esac
    if [[ -z $kind ]]; then
        if [[ $current == -* ]]; then
            [[ $COMP_CWORD == 1 ]] && options+=' --version'
            kind="words $options"
        elif (( COMP_CWORD == 1 )); then
            kind='words run check-config poll status check can explain history events ack unack acks mute unmute mutes poll-now reload test-notify providers formats render simulate add rotate remove add-channel remove-channel backup schema completions help version'
        else
            for (( i = 2; i < COMP_CWORD; i++ )); do
                word=${COMP_WORDS[i]}
                if [[ $valued == *" $word "* ]]; then
                    (( i++ ))
                    [[ ${COMP_WORDS[i]} == = ]] && (( i++ ))
                elif [[ $word != -* ]]; then
                    (( position++ ))
                fi
            done
            [[ ${operands[1]} == '*' ]] && position=0
            kind=${operands[position]:-nothing}
        fi
    fi
    case $kind in
    file)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    list\ *)
        while IFS= read -r word; do
            [[ $word == "$current"* ]] && COMPREPLY+=("$(printf %q "$word")")
        done < <("${COMP_WORDS[0]}" completions "${kind#list }" 2>/dev/null) ;;
    some\ *)
        compopt -o nospace 2>/dev/null
        word=${current%"${current##*,}"}
        mapfile -t COMPREPLY < <(
            compgen -P "$word" -W "${kind#some }" -- "${current##*,}"
        ) ;;
    words\ *)
        mapfile -t COMPREPLY < <(compgen -W "${kind#words }" -- "$current") ;;
    esac
}
complete -F _tokenwatchd tokenwatchd
