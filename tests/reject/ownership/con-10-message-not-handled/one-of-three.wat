;; Of three questions one is not answered: the report shows that path, and one on which all is well
;; expect: CON_STATE func=12 offset=0x1d7
;; monitor: MON_STATE
;; contract: contract Desk {
;; contract:   in message Buy(); in message Sell(); in message Look();
;; contract:   out message Done(); out message Price();
;; contract:   state Open: one { Buy? -> Done! -> Open; Sell? -> Done! -> Open; Look? -> Price! -> Open; end; }
;; contract: }
(module
  (import "singula/Desk" "exp.next" (func $next (param externref) (result i32)))
  (import "singula/Desk" "exp.recv.Buy" (func $buy (param externref)))
  (import "singula/Desk" "exp.recv.Sell" (func $sell (param externref)))
  (import "singula/Desk" "exp.recv.Look" (func $look (param externref)))
  (import "singula/Desk" "exp.send.Done" (func $done (param externref)))
  (import "singula/Desk" "exp.send.Price" (func $price (param externref)))
  (import "singula/Desk" "exp.close" (func $close (param externref)))
  (import "singula/Desk" "exp.abandon" (func $abandon (param externref)))
  (import "singula/Desk" "channel" (func $channel (result externref)))
  (import "singula/Desk" "exp.peer" (func $peer (param externref) (result externref)))
  (import "singula/Desk" "imp.send.Sell" (func $ask (param externref)))
  (import "singula/Desk" "imp.abandon" (func $leave (param externref)))
  (func (export "main") (local $ep externref) (local $other externref)
    (local.set $ep (call $channel))
    (if (ref.is_null (local.get $ep)) (then (unreachable)))
    (local.set $other (call $peer (local.get $ep)))
    (if (ref.is_null (local.get $other)) (then (unreachable)))
    (call $ask (local.get $other))
    (call $leave (local.get $other))
    (block $answered
      (block $other_tags (block $look (block $sell (block $buy
        (br_table $buy $sell $look $other_tags (call $next (local.get $ep))))
        (call $buy (local.get $ep)) (call $done (local.get $ep)) (br $answered))
        (call $sell (local.get $ep)) (br $answered))
        (call $look (local.get $ep)) (call $price (local.get $ep)) (br $answered))
      (call $abandon (local.get $ep)) (return))
    (call $close (local.get $ep))))
