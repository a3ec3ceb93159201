;; A state from which the channel can never be closed
;; expect: CON_NO_END offset=0x179
;; monitor: - a module whose contract is refused cannot be loaded
;; contract: contract Ping {
;; contract:   in message Ask();
;; contract:   out message Answer();
;; contract:   state Ready: Ask? -> Asked;
;; contract:   state Asked: Answer! -> Ready;
;; contract: }
(module
  (import "singula/Ping" "channel" (func $Ping.channel (result externref)))
  (import "singula/Ping" "exp.peer" (func $Ping.exp.peer (param externref) (result externref)))
  (import "singula/Ping" "exp.abandon" (func $Ping.exp.abandon (param externref)))
  (import "singula/Ping" "imp.abandon" (func $Ping.imp.abandon (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Ping.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Ping.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Ping.exp.abandon (local.get $s)) (return)))
    (call $Ping.imp.abandon (local.get $c))
    (call $Ping.exp.abandon (local.get $s))))
