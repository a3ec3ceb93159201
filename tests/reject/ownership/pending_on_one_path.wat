;; An endpoint is put into a block although a message was reported on one path
;; expect: TYP_ENDPOINT_STATE func=12 offset=0x18b
;; monitor: MON_STATE
;; contract: block A { x: i32; }
;; contract: contract P {
;; contract:   in message Ask(i32 x);
;; contract:   out message Yes(i32 y);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: Yes! -> Start;
;; contract: }
;; contract: block Box { e: imp P:Asked; }
(module
  (import "singula/P" "channel" (func $channel (result externref)))
  (import "singula/P" "exp.peer" (func $peer (param externref) (result externref)))
  (import "singula/P" "imp.send.Ask" (func $ask (param externref i32)))
  (import "singula/P" "exp.recv.Ask" (func $asked (param externref i32)))
  (import "singula/P" "exp.send.Yes" (func $yes (param externref i32)))
  (import "singula/P" "imp.next" (func $next (param externref) (result i32)))
  (import "singula/P" "imp.abandon" (func $abandon_imp (param externref)))
  (import "singula/P" "exp.abandon" (func $abandon_exp (param externref)))
  (import "singula/Box" "new" (func $new (result externref)))
  (import "singula/Box" "free" (func $free (param externref)))
  (import "singula/Box" "e.put" (func $put (param externref externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $main (export "main") (local $s externref) (local $c externref) (local $b externref)
    (local.set $s (call $channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $abandon_exp (local.get $s)) (return)))
    (call $ask (local.get $c) (i32.const 1))
    (call $asked (local.get $s) (i32.const 0))
    (call $yes (local.get $s) (i32.const 2))
    (if (call $choose) (then (drop (call $next (local.get $c)))))
    (local.set $b (call $new))
    (call $put (local.get $b) (local.get $c))
    (call $free (local.get $b))
    (call $abandon_exp (local.get $s)))
)
