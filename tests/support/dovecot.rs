//! The configuration texts of the private servers (Dovecot 2.3, Exim 4.9x).

use std::path::Path;

/// The five ports of one test-bed.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    pub imap: u16,
    pub imaps: u16,
    pub lmtp: u16,
    pub smtp: u16,
    pub smtps: u16,
}

/// Who runs what: the distribution's users as root, otherwise always oneself.
#[derive(Clone, Debug)]
pub struct Accounts {
    pub login: String,
    pub internal: (String, String),
    pub mail: (String, String),
    pub exim: (String, String),
}

/// What the program is given as its password: found in a file or an output, it came from there.
pub const PASSWORD: &str = "eight-quiet-herons";

/// Any user of any domain exists, with the password `secret` or [`PASSWORD`]; tokens are JWTs signed with [`super::testbed::JWT_KEY`].
pub fn dovecot(dir: &Path, ports: Ports, accounts: &Accounts, storage: &str, separator: char) -> String {
    let dir = dir.display();
    let Accounts { login, internal: (internal_user, internal_group), mail: (mail_user, mail_group), .. } = accounts;
    let Ports { imap, imaps, lmtp, .. } = ports;
    format!(
        "protocols = imap lmtp
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log.dovecot
listen = 127.0.0.1
default_internal_user = {internal_user}
default_internal_group = {internal_group}
default_login_user = {login}
default_vsz_limit = 0
first_valid_uid = 0
first_valid_gid = 0
ssl = yes
ssl_cert = <{dir}/cert.pem
ssl_key = <{dir}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
mail_location = {storage}:~/mail
mail_uid = {mail_user}
mail_gid = {mail_group}
mail_fsync = never
mail_max_userip_connections = 500
mailbox_idle_check_interval = 1 s
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {dir}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password=secret
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={mail_user} gid={mail_group} home={dir}/home/%n allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
  mailbox Archive {{
    special_use = \\Archive
    auto = create
  }}
  mailbox Junk {{
    special_use = \\Junk
    auto = create
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service imap {{
  process_limit = 300
}}
"
    )
}

pub fn oauth2(dir: &Path) -> String {
    format!("introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={}/keys/\nusername_attribute = sub\n", dir.display())
}

/// A real MTA in front of the folders: recipients `tempfail@`, `nosuchuser@` are refused, the rest goes to Dovecot by LMTP.
pub fn exim(dir: &Path, ports: Ports, accounts: &Accounts) -> String {
    let dir = dir.display();
    let (user, group) = &accounts.exim;
    let Ports { lmtp, smtp, smtps, .. } = ports;
    format!(
        "primary_hostname = mx.example.test
exim_user = {user}
exim_group = {group}
deliver_drop_privilege = true
never_users =
keep_environment =
spool_directory = {dir}/spool
log_file_path = {dir}/log/%slog
pid_file_path = {dir}/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {smtp} : {smtps}
tls_on_connect_ports = {smtps}
tls_advertise_hosts = *
tls_certificate = {dir}/cert.pem
tls_privatekey = {dir}/key.pem
auth_advertise_hosts = *
acl_smtp_rcpt = check_rcpt
acl_smtp_data = check_data
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max = 200
smtp_accept_max_per_connection = 0
smtp_accept_queue_per_connection = 0
message_size_limit = 50M
begin acl
check_rcpt:
  defer message = 4.3.2 try again later
        local_parts = tempfail
  deny  message = 5.1.1 no such user here
        local_parts = nosuchuser
  accept
check_data:
  deny  message = 5.6.0 refused by content policy
        condition = ${{if match{{$h_subject:}}{{REJECTDATA}}}}
  accept
begin routers
to_dovecot:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = lmtp
begin transports
lmtp:
  driver = smtp
  protocol = lmtp
  port = {lmtp}
  hosts_avoid_tls = *
  hosts_try_chunking =
begin retry
* * F,1h,2s
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if or{{{{eq{{$auth3}}{{secret}}}}{{eq{{$auth3}}{{{PASSWORD}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if or{{{{eq{{$auth2}}{{secret}}}}{{eq{{$auth2}}{{{PASSWORD}}}}}}}}}
  server_set_id = $auth1
xoauth2:
  driver = plaintext
  public_name = XOAUTH2
  server_prompts = :
  server_condition = ${{if match{{$auth1}}{{auth=Bearer good-token}}}}
  server_set_id = xoauth2
"
    )
}
