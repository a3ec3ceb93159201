;; A tag that was read before a helper took the message seems to say that the next message is an answer again, so that
;; the second free could not be reached
;; expect: OWN_USE_AFTER_FREE func=11 offset=0x18f
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Dice capacity 4 { out message Hit(); out message Miss(); state Start: one { Hit! -> Start; Miss! -> Start; end; } }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Dice" "channel" (func $channel (result externref)))
  (import "singula/Dice" "exp.peer" (func $peer (param externref) (result externref)))
  (import "singula/Dice" "exp.send.Hit" (func $send_hit (param externref)))
  (import "singula/Dice" "exp.send.Miss" (func $send_miss (param externref)))
  (import "singula/Dice" "exp.abandon" (func $leave (param externref)))
  (import "singula/Dice" "imp.abandon" (func $abandon (param externref)))
  (import "singula/Dice" "imp.next" (func $next (param externref) (result i32)))
  (import "singula/Dice" "imp.recv.Hit" (func $recv_hit (param externref)))
  (memory 1)
  (func $take_and_look (param $e externref)
    (call $recv_hit (local.get $e))
    (drop (call $next (local.get $e))))
  (func (export "main") (local $x externref) (local $e externref) (local $a externref) (local $tag i32)
    (local.set $x (call $channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (call $send_hit (local.get $x))
    (call $send_miss (local.get $x))
    (local.set $tag (call $next (local.get $e)))
    (call $take_and_look (local.get $e))
    (if (i32.eqz (local.get $tag))
      (then
        (local.set $a (call $Text.new (i32.const 4)))
        (call $Text.free (local.get $a))
        (if (i32.ne (call $next (local.get $e)) (i32.const 0))
          (then (call $Text.free (local.get $a))) ;; <- refused here
        )))
    (call $abandon (local.get $e))
    (call $leave (local.get $x)))
)
