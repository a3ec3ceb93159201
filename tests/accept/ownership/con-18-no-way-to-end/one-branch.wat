;; One branch leads into a circle without an end
;; expect: OK
;; contract: contract Vend {
;; contract:   in message Coin();
;; contract:   in message Leave();
;; contract:   out message Drink();
;; contract:   out message Jammed();
;; contract:   state Idle: one { Coin? -> Paid; Leave? -> end; }
;; contract:   state Paid: one { Drink! -> Idle; Jammed! -> Stuck; }
;; contract:   state Stuck: one { Coin? -> Jammed! -> Stuck; Leave? -> end; }
;; contract: }
(module
  (import "singula/Vend" "channel" (func $Vend.channel (result externref)))
  (import "singula/Vend" "exp.peer" (func $Vend.exp.peer (param externref) (result externref)))
  (import "singula/Vend" "exp.abandon" (func $Vend.exp.abandon (param externref)))
  (import "singula/Vend" "imp.abandon" (func $Vend.imp.abandon (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Vend.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Vend.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Vend.exp.abandon (local.get $s)) (return)))
    (call $Vend.imp.abandon (local.get $c))
    (call $Vend.exp.abandon (local.get $s))))
