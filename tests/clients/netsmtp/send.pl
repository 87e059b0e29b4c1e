#!/usr/bin/perl
# Sends a message: send.pl ADDRESS PORT FILE [CA].  With a CA the peer has to
# show a certificate of its for ADDRESS.
use strict;
use warnings;

use IO::Socket::SSL;
use Net::SMTP;

# die would make the exit status of an errno that happens to be there.
sub fail
{
	print STDERR shift, "\n";
	exit 1;
}

my ($address, $port, $path, $ca) = @ARGV;
my @verify = (SSL_verify_mode => SSL_VERIFY_NONE);
@verify = (
	SSL_verify_mode => SSL_VERIFY_PEER,
	SSL_ca_file => $ca,
	SSL_verifycn_scheme => 'smtp',
	SSL_verifycn_name => $address,
) if defined $ca;

open(my $file, '<:raw', $path) or fail("$path: $!");
my $message = do { local $/ = undef; <$file> };
close($file);

my $smtp = Net::SMTP->new($address, Port => $port, Hello => 'client.test')
    or fail("connect: $@");

sub check
{
	my ($step, $done) = @_;

	return if $done;
	my $text = $smtp->message // '';
	fail("$step: " . $smtp->code . " $text $SSL_ERROR");
}

check('STARTTLS', $smtp->starttls(@verify));
check('MAIL', $smtp->mail('a@client.test'));
check('RCPT', $smtp->to('b@peer.test'));
check('DATA', $smtp->data);
check('message', $smtp->datasend($message));
check('dot', $smtp->dataend);
$smtp->quit;
