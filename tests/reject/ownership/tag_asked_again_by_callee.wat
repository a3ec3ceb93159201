;; A tag that is out of date, because the callee has asked for another message
;; expect: CON_STATE func=11 offset=0x18a
;; monitor: - the message is compared again when it is received
;; contract: block A { x: i32; kid: A; data: u8[]; }
;; contract: block B { must: A!; y: i32; }
;; contract: contract P {
;; contract:   in message Ask(A a);
;; contract:   in message More(B b);
;; contract:   out message Yes(A a);
;; contract:   out message No(i32 why);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Yes! -> Start; No! -> Again; }
;; contract:   state Again: More? -> Start;
;; contract: }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/B" "new" (func $new_b (result externref)))
  (import "singula/B" "must.put" (func $put (param externref externref)))
  (import "singula/P" "imp.connect" (func $connect (param i32 i32) (result externref)))
  (import "singula/P" "imp.send.Ask" (func $ask (param externref externref)))
  (import "singula/P" "imp.send.More" (func $more (param externref externref)))
  (import "singula/P" "imp.next" (func $next (param externref) (result i32)))
  (import "singula/P" "imp.recv.No" (func $no (param externref i32)))
  (import "singula/P" "imp.abandon" (func $abandon (param externref)))
  (import "singula/P" "imp.close" (func $close (param externref)))
  (memory 1)
  (func $again (param $e externref) (local $b externref)
    (if (i32.eq (call $next (local.get $e)) (i32.const 3))
      (then
        (call $no (local.get $e) (i32.const 0))
        (local.set $b (call $new_b))
        (call $put (local.get $b) (call $new (i32.const 0)))
        (call $more (local.get $e) (local.get $b))
        (call $ask (local.get $e) (call $new (i32.const 0)))
        (drop (call $next (local.get $e))))))
  (func $main (export "main") (local $e externref) (local $t i32)
    (local.set $e (call $connect (i32.const 0) (i32.const 0)))
    (if (ref.is_null (local.get $e)) (then (return)))
    (call $ask (local.get $e) (call $new (i32.const 0)))
    (local.set $t (call $next (local.get $e)))
    (call $again (local.get $e))
    (if (i32.eq (local.get $t) (i32.const -1))
      (then (call $close (local.get $e)))
      (else (call $abandon (local.get $e)))))
)
