;; A chain that begins with an answer stands beside one that begins with a question
;; expect: CON_MIXED_STATE offset=0x1c6
;; monitor: - a module whose contract is refused cannot be loaded
;; contract: contract Phone {
;; contract:   in message Dial(u32 number);
;; contract:   out message Ring();
;; contract:   in message Hangup();
;; contract:   state Idle: one { Dial? -> Ring! -> Idle; Ring! -> Hangup? -> Idle; end; }
;; contract: }
(module
  (import "singula/Phone" "channel" (func $Phone.channel (result externref)))
  (import "singula/Phone" "exp.peer" (func $Phone.exp.peer (param externref) (result externref)))
  (import "singula/Phone" "exp.abandon" (func $Phone.exp.abandon (param externref)))
  (import "singula/Phone" "imp.abandon" (func $Phone.imp.abandon (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Phone.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Phone.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Phone.exp.abandon (local.get $s)) (return)))
    (call $Phone.imp.abandon (local.get $c))
    (call $Phone.exp.abandon (local.get $s))))
