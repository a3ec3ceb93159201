;; Names: publish, connect, accept, withdraw; what the SIP was not given; wild pointers.
;; expect client_and_server: leaves 5
;; expect unknown_name: returns 1
;; expect forbidden: returns 1
;; expect other_contract: leaves 1
;; expect taken: leaves 1
;; expect backlog: leaves 256
;; expect withdrawn: leaves -1
;; expect accept_waits: stuck
;; expect accept_null: trap MON_NULL Camera listener.accept: Camera listener expected, found null
;; expect accept_closed: trap MON_DEAD Camera listener.accept: Camera listener was already closed by this SIP
;; expect accept_endpoint: trap MON_TYPE Camera listener.accept: Camera listener expected, found Camera.exp
;; expect accept_other_contract: trap MON_ROLE Camera listener.accept: Camera listener expected, found Desk listener of another contract
;; expect close_null: trap MON_NULL Camera listener.close: Camera listener expected, found null
;; expect endpoint_from_listener: trap MON_TYPE Camera exp.next: Camera.exp expected, found Camera listener
;; expect connect_pointer: trap BAD_POINTER Camera imp.connect was given 4 bytes at 0xfffe; the memory has 65536
;; expect connect_length: trap BAD_POINTER Camera imp.connect was given 4294967295 bytes at 0x0; the memory has 65536
;; expect listen_pointer: trap BAD_POINTER Camera exp.listen was given 3 bytes at 0xffffffff; the memory has 65536
(module
  (import "singula/Camera" "imp.connect" (func $connect (param i32 i32) (result externref)))
  (import "singula/Camera" "exp.listen" (func $listen (param i32 i32) (result externref)))
  (import "singula/Camera" "listener.accept" (func $accept (param externref) (result externref)))
  (import "singula/Camera" "listener.close" (func $withdraw (param externref)))
  (import "singula/Camera" "channel" (func $channel (result externref)))
  (import "singula/Camera" "imp.send.Open" (func $open (param externref i32 i32)))
  (import "singula/Camera" "exp.recv.Open" (func $recv.open (param externref i32)))
  (import "singula/Camera" "exp.next" (func $next (param externref) (result i32)))
  (import "singula/Camera" "imp.poll" (func $poll (param externref) (result i32)))
  (import "singula/Desk" "exp.listen" (func $desk.listen (param i32 i32) (result externref)))
  (import "singula/Desk" "imp.connect" (func $desk.connect (param i32 i32) (result externref)))
  (import "test" "leave" (func $leave (param i64)))
  (memory 1)
  (data (i32.const 0) "camnobodysecretdesk")
  (func $publish (result externref) (call $listen (i32.const 0) (i32.const 3)))
  (func $client (result externref) (call $connect (i32.const 0) (i32.const 3)))
  (func $client_and_server (result i32) (local $l externref) (local $i externref) (local $e externref)
    (local.set $l (call $publish)) (local.set $i (call $client)) (local.set $e (call $accept (local.get $l)))
    (call $open (local.get $i) (i32.const 5) (i32.const 6)) (call $recv.open (local.get $e) (i32.const 64))
    (i32.load (i32.const 64)))
  (func (export "unknown_name") (result i32)
    (i32.and (ref.is_null (call $client)) (ref.is_null (call $connect (i32.const 3) (i32.const 6)))))
  (func (export "forbidden") (result i32) ;; "secret" was given to nobody; nor were "" and "ca"
    (i32.and (i32.and (ref.is_null (call $listen (i32.const 9) (i32.const 6))) (ref.is_null (call $connect (i32.const 9) (i32.const 6))))
             (i32.and (ref.is_null (call $listen (i32.const 0) (i32.const 0))) (ref.is_null (call $listen (i32.const 0) (i32.const 2))))))
  (func $other_contract (result i32) (drop (call $publish)) (ref.is_null (call $desk.connect (i32.const 0) (i32.const 3))))
  (func $taken (result i32) (drop (call $publish)) (ref.is_null (call $publish)))
  (func $backlog (result i32) (local $n i32)
    (drop (call $publish))
    (loop $l
      (if (i32.eqz (ref.is_null (call $client)))
        (then (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $l))))
    (local.get $n))
  (func $withdrawn (result i32) (local $l externref) (local $i externref)
    (local.set $l (call $publish)) (local.set $i (call $client)) (call $withdraw (local.get $l))
    (if (i32.eqz (ref.is_null (call $client))) (then (return (i32.const 0))))
    (if (ref.is_null (call $publish)) (then (return (i32.const 1))))
    (call $poll (local.get $i)))
  (func (export "accept_waits") (result i32) (drop (call $accept (call $publish))) (i32.const 0))
  (func $accept_null (export "accept_null") (result i32) (drop (call $accept (ref.null extern))) (i32.const 0))
  (func $accept_closed (export "accept_closed") (result i32) (local $l externref)
    (local.set $l (call $publish)) (call $withdraw (local.get $l)) (drop (call $accept (local.get $l))) (i32.const 0))
  (func $accept_endpoint (export "accept_endpoint") (result i32) (drop (call $accept (call $channel))) (i32.const 0))
  (func $accept_other_contract (export "accept_other_contract") (result i32)
    (drop (call $accept (call $desk.listen (i32.const 15) (i32.const 4)))) (i32.const 0))
  (func $close_null (export "close_null") (result i32) (call $withdraw (ref.null extern)) (i32.const 0))
  (func $endpoint_from_listener (export "endpoint_from_listener") (result i32) (call $next (call $publish)))
  (func $connect_pointer (export "connect_pointer") (result i32) (drop (call $connect (i32.const 0xfffe) (i32.const 4))) (i32.const 0))
  (func $connect_length (export "connect_length") (result i32) (drop (call $connect (i32.const 0) (i32.const -1))) (i32.const 0))
  (func $listen_pointer (export "listen_pointer") (result i32) (drop (call $listen (i32.const -1) (i32.const 3))) (i32.const 0))
  ;; these end while they own something
  (func (export "client_and_server") (call $leave (i64.extend_i32_s (call $client_and_server))))
  (func (export "other_contract") (call $leave (i64.extend_i32_s (call $other_contract))))
  (func (export "taken") (call $leave (i64.extend_i32_s (call $taken))))
  (func (export "backlog") (call $leave (i64.extend_i32_s (call $backlog))))
  (func (export "withdrawn") (call $leave (i64.extend_i32_s (call $withdrawn)))))
