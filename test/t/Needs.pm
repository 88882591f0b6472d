# What a test needs that starts servers of its own; without it, it is skipped. To be
# used before PostgreSQL's own modules, which need it too.
package Needs;

use strict;
use warnings;
use Test::More;

eval { require IPC::Run; 1 }
  or plan skip_all => 'the Perl module IPC::Run is not installed';
plan skip_all => 'a server does not run as root' if $> == 0;

1;
