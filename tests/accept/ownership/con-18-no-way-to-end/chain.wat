;; A chain that comes back to itself
;; expect: OK
;; contract: contract Echo {
;; contract:   in message Say(i32 x);
;; contract:   out message Said(i32 x);
;; contract:   in message Thanks();
;; contract:   out message Welcome();
;; contract:   state Open: Say? -> Said! -> Thanks? -> Welcome! -> end;
;; contract: }
(module
  (import "singula/Echo" "channel" (func $Echo.channel (result externref)))
  (import "singula/Echo" "exp.peer" (func $Echo.exp.peer (param externref) (result externref)))
  (import "singula/Echo" "exp.abandon" (func $Echo.exp.abandon (param externref)))
  (import "singula/Echo" "imp.abandon" (func $Echo.imp.abandon (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Echo.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Echo.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Echo.exp.abandon (local.get $s)) (return)))
    (call $Echo.imp.abandon (local.get $c))
    (call $Echo.exp.abandon (local.get $s))))
