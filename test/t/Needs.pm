# Skip a test that starts its own servers if its requirements are missing. Use it
# before PostgreSQL's modules, which have the same requirements.
package Needs;

use strict;
use warnings;
use Test::More;

eval { require IPC::Run; 1 }
  or plan skip_all => 'the Perl module IPC::Run is not installed';
plan skip_all => 'a server cannot run as root' if $> == 0;

1;
